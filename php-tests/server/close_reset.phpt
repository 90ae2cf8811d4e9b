--TEST--
close() of a connection whose client does not read waits for its output; close() with a reset ends that, in base and in process mode
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $server->set(['worker_num' => 1, 'enable_coroutine' => false, 'kernel_socket_send_buffer_size' => 65_536, 'socket_buffer_size' => 16 << 20]);
    $server->on('receive', function ($server, $fd, $reactor, $data) {
        static $last;
        [$what, $number] = explode(' ', trim($data)) + [1 => 0];
        match ($what) {
            'fill' => $server->send($last = $fd, str_repeat('x', 8 << 20)),
            'close', 'reset' => $server->send($fd, json_encode([$server->close($last, $what === 'reset'), $server->stats()['connection_num']]) . "\n"),
            'count' => $server->send($fd, $server->stats()['connection_num'] . "\n"),
        };
    });
    $server->start();
    PHP;
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start($code, [(string) $mode]);
    $slow = $server->connect();
    $asks = $server->connect();
    $ask = function (string $what) use ($asks): mixed {
        $asks->send("{$what}\n");

        return json_decode($asks->readLine(), true);
    };
    $slow->send('fill');
    wait_until(fn () => $ask('count') === 2, 'both');
    check("{$name}: close()", $ask('close')[0]);
    usleep(100_000);
    check("{$name}: it is there until its client has read", $ask('count'), 2);
    $ask('reset');
    check("{$name}: a reset ends it", wait_until(fn () => $ask('count') === 1, 'its end'));
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: base mode: close()
ok: base mode: it is there until its client has read
ok: base mode: a reset ends it
ok: base mode: exit code
ok: process mode: close()
ok: process mode: it is there until its client has read
ok: process mode: a reset ends it
ok: process mode: exit code
