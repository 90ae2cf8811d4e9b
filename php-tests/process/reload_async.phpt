--TEST--
reload_async: off, a worker that is replaced waits for its requests only; what else runs is cancelled, and it is not told to end that
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $server->set(['worker_num' => 1, 'max_wait_time' => (int) $argv[4], 'reload_async' => $argv[3] === 'on']);
    $server->on('workerStart', function ($server) {
        Swoole\Timer::tick(10_000, fn () => null);
        Swoole\Coroutine::create(function () use ($server) {
            try {
                Swoole\Coroutine::sleep(60);
            } finally {
                echo "finally {$server->worker_pid}\n";
            }
        });
    });
    $told = 0;
    $server->on('workerExit', function ($server) use (&$told) {
        $told++ === 0 && print("exit {$server->worker_pid}\n");
    });
    $server->on('workerStop', fn ($server) => print("stop {$server->worker_pid}\n"));
    $server->on('request', function ($request, $response) use ($server) {
        if ($request->server['request_uri'] === '/slow') {
            echo "slow\n";
            Swoole\Coroutine::sleep(0.5);
        }
        $response->end((string) $server->worker_pid);
    });
    $server->start();
    PHP;
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start($code, [(string) $mode, 'off', '20']);
    $old = $server->get('/')->body;
    $slow = new HttpClient($server->port);
    $slow->send('GET', '/slow');
    $server->waitForLog('slow');
    $begun = microtime(true);
    $server->signal(SIGUSR1);
    check("{$name}: a request that runs has its answer", $slow->receive()->body, $old);
    $server->waitForLog("stop {$old}");
    check("{$name}: nothing else is waited for", microtime(true) - $begun < HighperTest\patience(8));
    check("{$name}: what ran was cancelled", str_contains($server->log(), "finally {$old}\n"));
    check("{$name}: which is no error", str_contains($server->log(), 'CanceledException'), false);
    check("{$name}: and not told to end", str_contains($server->log(), 'exit '), false);
    check("{$name}: another one serves", !in_array($server->get('/')->body, ['', $old], true));
    check("{$name}: exit code", $server->stop(), 0);
}
$server = Server::start($code, [(string) SWOOLE_BASE, 'on', '2']);
$old = $server->get('/')->body;
$server->signal(SIGUSR1);
$server->waitForLog("exit {$old}");
wait_until(fn () => !in_array($server->get('/')->body, ['', $old], true), 'another worker');
check('on: it is told, and what runs goes on', str_contains($server->log(), 'stop ') || str_contains($server->log(), 'finally '), false);
check('on: exit code', $server->stop(), 0);
--EXPECT--
ok: base mode: a request that runs has its answer
ok: base mode: nothing else is waited for
ok: base mode: what ran was cancelled
ok: base mode: which is no error
ok: base mode: and not told to end
ok: base mode: another one serves
ok: base mode: exit code
ok: process mode: a request that runs has its answer
ok: process mode: nothing else is waited for
ok: process mode: what ran was cancelled
ok: process mode: which is no error
ok: process mode: and not told to end
ok: process mode: another one serves
ok: process mode: exit code
ok: on: it is told, and what runs goes on
ok: on: exit code
