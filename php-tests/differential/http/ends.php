<?php
// end() in its variants, and what may be called after it.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    switch ($request->server['request_uri']) {
        case '/none':
            var_dump($response->end());
            break;
        case '/null':
            var_dump($response->end(null));
            break;
        case '/int':
            var_dump($response->end(42));
            break;
        case '/zero':
            var_dump($response->end('0'));
            break;
        case '/empty':
            var_dump($response->end(''));
            break;
        case '/twice':
            var_dump($response->isWritable(), $response->end('first'), $response->isWritable(), $response->end('second'));
            break;
        case '/after':
            // cookie() is not asked: Swoole 6.2.2 crashes on it here.
            $response->end('ended');
            var_dump($response->write('x'), $response->header('A', 'b'), $response->status(404),
                $response->redirect('/'), $response->sendfile(__FILE__), $response->detach());
            break;
        case '/array':
            try {
                $response->end([1]);
            } catch (Throwable $e) {
                echo get_class($e), ': ', $e->getMessage(), "\n";
                $response->end('refused');
            }
            break;
    }
}, function (Client $c) {
    foreach (['none', 'null', 'int', 'zero', 'empty', 'twice', 'after', 'array'] as $path) {
        $c->ask("GET /$path");
    }
});
