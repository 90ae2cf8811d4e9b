--TEST--
Race: 10,000 connects as fast as they go, of which each sends, resets or only closes: none is refused or left behind, in base and in process mode
--EXTENSIONS--
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $server->set(['worker_num' => 2, 'backlog' => 4096]);
    $server->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, $data === 'stats' ? json_encode($server->stats()) : "got {$data}"));
    $server->start();
    PHP;
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start($code, [(string) $mode]);
    $refused = $wrong = 0;
    for ($i = 0; $i < 10_000; $i++) {
        $socket = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
        if (!@socket_connect($socket, '127.0.0.1', $server->port)) {
            $refused++;
            continue;
        }
        if ($i % 3 === 0) {
            socket_write($socket, "x{$i}");
            $wrong += socket_read($socket, 100) === "got x{$i}" ? 0 : 1;
        }
        if ($i % 3 !== 2) {
            // A reset.
            socket_set_option($socket, SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 0]);
        }
        socket_close($socket);
    }
    check("{$name}: none is refused, each answer is right", [$refused, $wrong], [0, 0]);
    $asks = $server->connect();
    $stats = wait_until(function () use ($asks) {
        $asks->send('stats');
        $stats = json_decode($asks->readUntil('}'), true);

        return $stats['connection_num'] === 1 ? $stats : null;
    }, 'the end of all others', 20);
    check("{$name}: all were seen, and have ended", $stats['accept_count'] >= 10_001 && $stats['close_count'] === $stats['accept_count'] - 1 ?: $stats);
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: base mode: none is refused, each answer is right
ok: base mode: all were seen, and have ended
ok: base mode: exit code
ok: process mode: none is refused, each answer is right
ok: process mode: all were seen, and have ended
ok: process mode: exit code
