<?php
// HEAD answers have the head of GET and no body.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo $request->server['request_method'], "\n";
    if ($request->server['request_uri'] === '/own-length') {
        $response->header('Content-Length', '1234');
        $response->end();
        return;
    }
    $response->end('Hello World');
}, function (Client $c) {
    $c->ask('HEAD /');
    $c->ask('HEAD /own-length');
    $c->show('two on one connection', $c->raw("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
});
