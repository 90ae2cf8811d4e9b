<?php
// The order of the server's events, and an unknown one.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    echo "request\n";
    $response->end();
}, function (Client $c) {
    $c->ask('GET /');
}, function ($server) {
    foreach (['start', 'workerStart', 'WorkerStop', 'workerExit', 'shutdown', 'managerStart', 'beforeShutdown'] as $name) {
        var_dump($server->on($name, function (...$args) use ($name) {
            static $said = false;
            if (!$said) {
                $said = true;
                echo $name, ' ', implode(' ', array_map('get_debug_type', $args)), "\n";
            }
        }));
    }
    try {
        var_dump($server->on('noSuchEvent', fn () => null));
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
    var_dump($server->getCallback('request') instanceof Closure, $server->getCallback('close'));
});
