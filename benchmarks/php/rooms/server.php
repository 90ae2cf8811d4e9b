<?php
/**
 * A room of many clients, by #[WebSocket]'s means: whoever says "N go" has N messages sent to all. One worker.
 *
 *     php server.php PORT PIDFILE
 */

use Highper\WebSocket\{Connection, Rooms};

[, $port, $pidFile] = $argv;
$payload = str_repeat('x', 64);

exit(Highper\Application::create(basePath: __DIR__)
    ->settings(['workers' => 1, 'listen' => "127.0.0.1:{$port}", 'max_connections' => 20_000])
    ->websocket('/', function (Connection $c, string $text) use ($payload): void {
        $all = $c->to('all');
        for ($i = (int) $text; $i > 0; $i--) {
            $all->send($payload);
        }
    }, open: function (Connection $c): void { $c->join('all'); }, ping: 0)
    ->onStart(fn () => file_put_contents($pidFile, getmypid()))
    ->run());
