<?php
// Warnings in a handler, and exceptions that it catches.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    switch ($request->server['request_uri']) {
        case '/warning':
            echo $undefined;
            $response->end('after a warning');
            break;
        case '/caught':
            try {
                throw new RuntimeException('caught');
            } catch (RuntimeException $e) {
                $response->status(500);
                $response->end($e->getMessage());
            }
            break;
        case '/exit':
            try {
                exit(4);
            } catch (Swoole\ExitException $e) {
                var_dump($e->getStatus(), $e->getFlags());
                $response->end('caught exit');
            }
            break;
        case '/echo':
            echo "to standard output\n";
            ob_start();
            echo 'buffered';
            $response->end(ob_get_clean());
            break;
    }
}, function (Client $c) {
    foreach (['warning', 'caught', 'exit', 'echo'] as $path) {
        $c->ask("GET /$path");
    }
});
