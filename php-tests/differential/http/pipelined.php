<?php
// Several requests in one packet, and one request in many.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    if ($request->server['request_uri'] === '/slow') {
        Swoole\Coroutine::sleep(0.01);
    }
    $response->end($request->server['request_uri'] . ' ' . $request->rawContent());
}, function (Client $c) {
    $c->show('three at once', $c->raw("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    $c->show('with a body between', $c->raw("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    $socket = $c->open();
    foreach (str_split("POST /bytewise HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", 7) as $part) {
        fwrite($socket, $part);
        usleep(2000);
    }
    $c->show('in pieces', $c->read($socket));
});
