--TEST--
A worker that gets a SIGTERM of its own has its successor while it finishes what it has; base and process mode, workers one after the other
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $gate = new Swoole\Atomic();
    $server->set(['worker_num' => 1, 'max_wait_time' => 60]);
    $server->on('workerStart', fn ($server) => print("start {$server->worker_pid}\n"));
    $server->on('request', function ($request, $response) use ($server, $gate) {
        switch ($request->server['request_uri']) {
            case '/slow':
                echo "slow\n";
                $seen = $gate->get();
                while ($gate->get() === $seen) {
                    Swoole\Coroutine::sleep(0.005);
                }
                break;
            case '/open': $gate->add(); break;
        }
        $response->end((string) $server->worker_pid);
    });
    $server->start();
    PHP;
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start($code, [(string) $mode]);
    foreach (['first', 'second'] as $how) {
        $old = '';
        wait_until(function () use ($server, &$old) {
            return ($old = $server->get('/')->body) !== '';
        }, 'a worker');
        $said = substr_count($server->log(), "slow\n");
        $slow = new HttpClient($server->port);
        $slow->send('GET', '/slow');
        wait_until(fn () => substr_count($server->log(), "slow\n") > $said, 'the slow request');
        posix_kill((int) $old, SIGTERM);
        // It has not ended: its request waits for another one.
        wait_until(fn () => preg_match_all('/^start (\d+)$/m', $server->log(), $starts) && end($starts[1]) !== $old, 'the successor');
        wait_until(fn () => !in_array($server->get('/')->body, ['', $old], true), 'an answer of the successor');
        check("{$name}, {$how}: the old one is there", posix_kill((int) $old, 0));
        $server->get('/open');
        check("{$name}, {$how}: and its request is answered", $slow->receive()->body, $old);
        wait_until(fn () => !@posix_kill((int) $old, 0), 'the end of the old one');
    }
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: base mode, first: the old one is there
ok: base mode, first: and its request is answered
ok: base mode, second: the old one is there
ok: base mode, second: and its request is answered
ok: base mode: exit code
ok: process mode, first: the old one is there
ok: process mode, first: and its request is answered
ok: process mode, second: the old one is there
ok: process mode, second: and its request is answered
ok: process mode: exit code
