--TEST--
A worker that does not come out of its first onWorkerStart does not keep a reload waiting
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 2, 'max_wait_time' => 1, 'enable_coroutine' => false]);
    $first = new Swoole\Atomic(1);
    $server->on('workerStart', function ($server, $id) use ($first) {
        while ($id === 0 && $first->get() === 1) {
            sleep(10);
        }
    });
    $server->on('request', function ($request, $response) use ($server, $first) {
        if ($request->server['request_uri'] === '/reload') {
            $first->set(0);
            $server->reload();
        }
        $response->end(getmypid() . '');
    });
    $server->start();
    PHP;
$server = Server::start($code);
$old = $server->get('/')->body;
check('the other worker serves, and is asked for a reload', $server->get('/reload')->body, $old);
wait_until(fn () => $server->get('/')->body !== $old, 'answers of the next generation', 15);
check('the end', $server->stop(), 0);
--EXPECT--
ok: the other worker serves, and is asked for a reload
ok: the end
