<?php
/**
 * A room of many clients, by #[WebSocket]'s means: whoever says "N" has N messages sent to all, "N BYTES" such of so many bytes. One worker.
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
        [$count, $size] = explode(' ', $text) + [1 => '64'];
        $payload = $size === '64' ? $payload : str_repeat('x', (int) $size);
        for ($i = (int) $count; $i > 0; $i--) {
            $all->send($payload);
        }
    }, open: function (Connection $c): void { $c->join('all'); }, ping: 0)
    ->onStart(fn () => file_put_contents($pidFile, getmypid()))
    ->run());
