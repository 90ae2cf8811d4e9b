<?php
// cookie() and rawCookie(): attributes, encoding, deletion.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    switch ($request->server['request_uri']) {
        case '/simple':
            var_dump($response->cookie('a', 'b'), $response->setCookie('c', 'd e&f'), $response->rawCookie('g', 'h%20i'));
            break;
        case '/all':
            $response->cookie('a', 'b', 2000000000, '/path', 'example.com', true, true, 'Lax', 'High');
            $response->cookie('n', 'v', 2000000000, '', '', false, false, 'None', '', true);
            break;
        case '/delete':
            $response->cookie('gone', '');
            $response->cookie('past', 'x', 1);
            break;
        case '/same':
            $response->cookie('a', '1');
            $response->cookie('a', '2');
            break;
        case '/named':
            $response->cookie(name_or_object: 'a', value: 'b', httponly: true, samesite: 'Strict');
            break;
        case '/wrong':
            foreach (['a=b', "a;b", ''] as $name) {
                try {
                    var_dump($response->cookie($name, 'x'));
                } catch (Throwable $e) {
                    echo get_class($e), ': ', $e->getMessage(), "\n";
                }
            }
            try {
                var_dump($response->rawCookie('a', "x\r\ny"));
            } catch (Throwable $e) {
                echo get_class($e), ': ', $e->getMessage(), "\n";
            }
            break;
    }
    echo preg_replace('/Max-Age=\d{2,}/', 'Max-Age=%AGE%', json_encode($response->cookie)), "\n";
    $response->end();
}, function (Client $c) {
    foreach (['simple', 'all', 'delete', 'same', 'named', 'wrong'] as $path) {
        $c->show("GET /$path", preg_replace('/Max-Age=\d{2,}/', 'Max-Age=%AGE%', $c->request("GET /$path")));
    }
});
