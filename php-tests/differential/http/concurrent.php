<?php
// Handlers interleave; each has its own coroutine, context and buffer.

require __DIR__ . '/../support/http.php';

use Swoole\Coroutine;

serve([], function ($request, $response) {
    $id = $request->get['id'];
    Coroutine::getContext()['id'] = $id;
    ob_start();
    echo "begin $id, ";
    Coroutine::sleep(0.01 * (4 - $id));
    echo 'context ', Coroutine::getContext()['id'], ', parent ', Coroutine::getPcid();
    $response->end(ob_get_clean());
}, function (Client $c) {
    $sockets = [];
    foreach ([1, 2, 3] as $id) {
        fwrite($sockets[$id] = $c->open(), "GET /?id=$id HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    foreach ($sockets as $id => $socket) {
        $c->show((string) $id, $c->read($socket));
    }
});
