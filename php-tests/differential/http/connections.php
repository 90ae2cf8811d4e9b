<?php
// Keep-alive and close, in both versions of HTTP.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    if ($request->server['request_uri'] === '/close') {
        $response->header('Connection', 'close');
    }
    $response->end('x');
}, function (Client $c) {
    $c->show('1.1', $c->raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    $c->show('1.1 close', $c->raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    $c->show('1.1 Close', $c->raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n"));
    $c->show('1.1 list', $c->raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: te, close\r\n\r\n"));
    $c->show('1.0', $c->raw("GET / HTTP/1.0\r\n\r\n"));
    $c->show('1.0 keep-alive', $c->raw("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    $c->show('the handler closes', $c->raw("GET /close HTTP/1.1\r\nHost: x\r\n\r\n"));
    $c->show('no host', $c->raw("GET / HTTP/1.1\r\n\r\n"));
});
