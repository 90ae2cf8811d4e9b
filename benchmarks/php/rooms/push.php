<?php
/**
 * The same on Swoole's API, where a loop pushes to each client. One worker.
 *
 *     php push.php PORT PIDFILE
 */

use Swoole\WebSocket\Server;

[, $port, $pidFile] = $argv;
$payload = str_repeat('x', 64);

$server = new Server('127.0.0.1', (int) $port, SWOOLE_BASE);
$server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR, 'max_connection' => 15_000]);
$server->on('workerStart', fn () => file_put_contents($pidFile, getmypid()));
$members = [];
$server->on('open', function ($server, $request) use (&$members): void {
    $members[$request->fd] = true;
});
$server->on('close', function ($server, $fd) use (&$members): void {
    unset($members[$fd]);
});
$server->on('message', function ($server, $frame) use (&$members, $payload): void {
    [$count, $size] = explode(' ', $frame->data) + [1 => '64'];
    $payload = $size === '64' ? $payload : str_repeat('x', (int) $size);
    for ($i = (int) $count; $i > 0; $i--) {
        foreach ($members as $fd => $_) {
            $server->push($fd, $payload);
        }
    }
});
$server->start();
