<?php
// Trailers need chunks.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    $response->header('Trailer', 'X-Sum');
    var_dump($response->trailer('X-Sum', 'abc'));
    if ($request->server['request_uri'] === '/chunks') {
        $response->write('one');
        $response->write('two');
        $response->end();
        return;
    }
    $response->end('plain');
}, function (Client $c) {
    $c->ask('GET /chunks');
    $c->ask('GET /plain');
});
