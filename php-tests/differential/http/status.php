<?php
// Status codes and their reasons.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    switch ($request->server['request_uri']) {
        case '/reason':
            var_dump($response->status(200, 'Fine'));
            break;
        case '/twice':
            $response->status(404);
            $response->status(201);
            break;
        case '/late':
            $response->write('x');
            var_dump($response->status(500));
            break;
        default:
            var_dump($response->status((int) $request->get['code']), $response->setStatusCode((int) $request->get['code']));
    }
    $response->end('body');
}, function (Client $c) {
    foreach ([200, 201, 204, 301, 304, 400, 404, 418, 429, 451, 500, 503, 599, 99, 999, 0, -1] as $code) {
        $c->ask("GET /?code=$code");
    }
    $c->ask('GET /reason');
    $c->ask('GET /twice');
    $c->ask('GET /late');
});
