<?php
// Expect: 100-continue.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo $request->rawContent(), "\n";
    $response->end('got it');
}, function (Client $c) {
    $socket = $c->open();
    fwrite($socket, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
    $c->show('before the body', $c->read($socket));
    fwrite($socket, 'hello');
    $c->show('after the body', $c->read($socket));
});
