--TEST--
A server that ends while onWorkerStart still waits: that is cancelled, which is no error of the program's
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start(<<<'PHP'
        <?php
        $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
        $server->set(['worker_num' => 1, 'max_wait_time' => 1]);
        $server->on('workerStart', function () {
            try {
                Swoole\Coroutine::sleep(60);
            } finally {
                echo "finally\n";
            }
        });
        $server->on('workerStop', fn () => print("stopped\n"));
        $server->on('workerError', fn () => print("an error\n"));
        $server->on('request', fn ($request, $response) => $response->end('served'));
        $server->start();
        PHP, [(string) $mode]);
    check("{$name}: it serves", $server->get('/')->body, 'served');
    check("{$name}: exit code", $server->stop(), 0);
    $log = $server->log();
    check("{$name}: cancelled", [str_contains($log, "finally\n"), str_contains($log, "stopped\n")], [true, true]);
    check("{$name}: no error", str_contains($log, 'CanceledException') || str_contains($log, 'an error') ? $log : true);
}
--EXPECT--
ok: base mode: it serves
ok: base mode: exit code
ok: base mode: cancelled
ok: base mode: no error
ok: process mode: it serves
ok: process mode: exit code
ok: process mode: cancelled
ok: process mode: no error
