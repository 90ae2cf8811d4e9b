<?php
// header(): spelling, overwriting, lists, refusals.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    switch ($request->server['request_uri']) {
        case '/plain':
            var_dump($response->header('x-lower-case', 'a'), $response->header('X-Int', 5), $response->header('X-Float', 1.5));
            var_dump($response->header('X-True', true), $response->header('X-False', false), $response->header('X-Null', null));
            break;
        case '/format':
            $response->header('x-not-formatted', 'a', false);
            $response->header('x-formatted', 'a', true);
            $response->header('CONTENT-TYPE', 'text/plain');
            break;
        case '/over':
            $response->header('X-Once', 'first');
            $response->header('x-once', 'second');
            break;
        case '/list':
            var_dump($response->header('X-List', ['a', 'b', 'c']));
            $response->setHeader('Set-Cookie', ['a=1', 'b=2']);
            break;
        case '/own':
            $response->header('Server', 'mine');
            $response->header('Date', 'never');
            $response->header('Connection', 'x');
            $response->header('Content-Length', '3');
            break;
        case '/inject':
            var_dump($response->header('X-Bad', "a\r\nX-Injected: b"), $response->header("X-\r\nBad", 'a'), $response->header('', 'x'));
            break;
        case '/late':
            $response->write('x');
            var_dump($response->header('X-Late', 'a'));
            break;
    }
    echo json_encode($response->header), "\n";
    $response->end('body');
}, function (Client $c) {
    foreach (['plain', 'format', 'over', 'list', 'own', 'inject', 'late'] as $path) {
        $c->ask("GET /$path");
    }
});
