<?php
// redirect() sets the status, the location, and ends.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    switch ($request->server['request_uri']) {
        case '/default':
            var_dump($response->redirect('http://example.com/?a=b'));
            break;
        case '/permanent':
            var_dump($response->redirect('/other', 301));
            break;
        case '/odd':
            var_dump($response->redirect('', 307));
            break;
        case '/after':
            $response->header('X-Kept', 'yes');
            $response->redirect('/x');
            var_dump($response->isWritable());
            break;
    }
}, function (Client $c) {
    foreach (['default', 'permanent', 'odd', 'after'] as $path) {
        $c->ask("GET /$path");
    }
});
