<?php
// A handler that never calls end().

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    if ($request->server['request_uri'] === '/later') {
        Swoole\Timer::after(20, fn () => $response->end('later'));
        return;
    }
    if ($request->server['request_uri'] === '/written') {
        $response->write('part');
        return;
    }
    echo "nothing is done\n";
}, function (Client $c) {
    $c->ask('GET /never');
    $c->ask('GET /later');
    $c->ask('GET /written');
});
