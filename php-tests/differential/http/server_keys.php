<?php
// Names and types of $request->server, and what else a request has.

require __DIR__ . '/../support/http.php';

serve([], function ($request, $response) {
    $server = $request->server;
    $server['remote_port'] = gettype($server['remote_port']);
    $server['server_port'] = gettype($server['server_port']);
    $server['request_time'] = gettype($server['request_time']) . ($server['request_time'] - time() < 2 ? '' : ' wrong');
    $server['request_time_float'] = gettype($server['request_time_float']);
    $server['master_time'] = gettype($server['master_time']);
    var_dump($server);
    echo implode(' ', array_keys(get_object_vars($request))), "\n";
    echo implode(' ', array_keys(get_object_vars($response))), "\n";
    var_dump(get_class($request), get_class($response), $request->fd === $response->fd, is_int($request->streamId));
    var_dump($request->get, $request->post, $request->cookie, $request->files, $request->tmpfiles);
    $response->end();
}, function (Client $c) {
    $c->ask('GET /a/b%20c/../d?x=1&y=%20z');
    $c->ask('OPTIONS /');
    $c->show('HTTP/1.0', $c->raw("GET /old HTTP/1.0\r\n\r\n"));
});
