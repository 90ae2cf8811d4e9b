<?php
// What set() takes, and what the server says of itself.

require __DIR__ . '/../support/http.php';

serve(['no_such_setting' => 1, 'max_request' => '100'], function ($request, $response, $server) {
    var_dump($server->host, $server->port === (int) $server->port, $server->mode, $server->type, $server->worker_id, $server->taskworker);
    var_dump($server->master_pid === getmypid() || $server->master_pid > 0, $server->worker_pid === getmypid());
    $settings = $server->setting;
    unset($settings['max_connection']);     // depends on the limit of open files
    ksort($settings);
    echo json_encode($settings), "\n";
    echo implode(' ', array_keys($server->stats())), "\n";
    $info = $server->getClientInfo($request->fd);
    echo implode(' ', array_keys($info)), "\n";
    var_dump($server->exist($request->fd), $server->exist(9999), count(iterator_to_array($server->connections)));
    var_dump(get_class($server->ports[0]), get_class($server->connections), $server->getWorkerId(), $server->getWorkerPid() === getmypid());
    $response->end();
}, function (Client $c) {
    $c->ask('GET /');
}, function ($server) {
    var_dump($server->set(['worker_num' => 1]));
    foreach ([['worker_num' => 0], 'not an array'] as $wrong) {
        try {
            var_dump($server->set($wrong));
        } catch (Throwable $e) {
            echo get_class($e), ': ', $e->getMessage(), "\n";
        }
    }
    $server->set(['worker_num' => 1]);
});
