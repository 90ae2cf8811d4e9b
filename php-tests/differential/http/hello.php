<?php
// The bytes of the plainest answer.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    var_dump($response->end('Hello World'));
}, function (Client $c) {
    $c->ask('GET /');
    $c->show('keep-alive', $c->raw("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
});
