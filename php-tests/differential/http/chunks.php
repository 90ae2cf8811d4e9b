<?php
// write() sends chunks; end() ends them.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    switch ($request->server['request_uri']) {
        case '/end-text':
            $response->write('one');
            var_dump($response->write('two'), $response->end('three'));
            return;
        case '/empty':
            var_dump(@$response->write(''));
            $response->end();
            return;
        case '/length':
            $response->header('Content-Length', '6');
            $response->write('abc');
            $response->write('def');
            $response->end();
            return;
        case '/big':
            $response->write(str_repeat('x', 70000));
            $response->end();
            return;
        default:
            foreach (['a', 'bc', "d\r\n"] as $part) {
                $response->write($part);
            }
            $response->end();
    }
}, function (Client $c) {
    $c->ask('GET /plain');
    $c->ask('GET /end-text');
    $c->ask('GET /empty');
    $c->ask('GET /length');
    [$head, $body] = Client::split($c->request('GET /big'));
    $c->show('big', implode("\r\n", $head) . ' ' . strlen($body));
    $c->ask('HEAD /plain');
    $c->show('HTTP/1.0', $c->raw("GET /plain HTTP/1.0\r\n\r\n"));
});
