--TEST--
Server::set() takes the options of coroutines: time slices, name resolvers, the limit
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'enable_preemptive_scheduler' => true, 'max_coroutine' => 50, 'socket_timeout' => 0.05]);
    $http->on('request', function ($request, $response) {
        switch ($request->server['request_uri']) {
            case '/burns': $end = hrtime(true) + 600_000_000; while (hrtime(true) < $end) {} break;
            case '/many': for ($n = 0; @go(fn () => Co::sleep(0.1)) !== false; $n++) {} $response->end("$n"); return;
            case '/recv':
                [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
                $start = microtime(true); $a->recv(); $response->end(microtime(true) - $start < 0.5 ? 'in time' : 'late'); return;
        }
        $response->end('done');
    });
    $http->start();
    PHP);
($burns = new HttpClient($server->port))->send('GET', '/burns');
usleep(50_000);
$start = microtime(true);
check('another one is answered meanwhile', [$server->get('/')->body, microtime(true) - $start < 0.4], ['done', true]);
check('the one that computes', $burns->receive()->body, 'done');
unset($burns);
check('the limit', (int) $server->get('/many')->body, 49);
check('time-outs', $server->get('/recv')->body, 'in time');
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: another one is answered meanwhile
ok: the one that computes
ok: the limit
ok: time-outs
ok: exit code
