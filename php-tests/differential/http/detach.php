<?php
// A detached response, and one created from its descriptor.

require __DIR__ . '/../support/http.php';

use Swoole\Http\Response;

serve([], function ($request, $response, $server) {
    switch ($request->server['request_uri']) {
        case '/detach':
            $fd = $response->fd;
            var_dump($response->detach(), $response->isWritable(), $response->end('x'));
            $other = Response::create($fd);
            var_dump(get_class($other), $other->fd === $fd, $other->isWritable());
            $other->header('X-From', 'created');
            var_dump($other->end('from the created one'));
            break;
        case '/raw':
            $response->detach();
            $server->send($response->fd, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nraw");
            $server->close($response->fd);
            break;
        case '/wrong':
            $none = Response::create(12345);
            var_dump(is_object($none) ? $none->isWritable() : $none);
            $response->end('ended');
            break;
    }
}, function (Client $c) {
    foreach (['detach', 'raw', 'wrong'] as $path) {
        $c->ask("GET /$path");
    }
});
