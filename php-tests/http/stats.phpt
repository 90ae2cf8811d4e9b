--TEST--
Swoole\Server::stats() counts requests and bytes over all workers, also of those that are gone
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{HttpClient, Server};
use function HighperTest\{check, wait_until};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 2]);
    $http->on('request', function ($q, $r) use ($http) {
        $r->end($q->server['request_uri'] === '/stats' ? json_encode($http->stats()) : str_repeat('x', 100_000));
    });
    $http->start();
    PHP);
$stats = fn () => $server->get('/stats')->json();
$before = $stats();
for ($i = 0; $i < 10; $i++) {
    $server->request('POST', '/', str_repeat('y', 50_000));
}
$now = wait_until(fn () => ($now = $stats())['total_send_bytes'] - $before['total_send_bytes'] > 1_000_000 ? $now : null, 'what was sent');
check('received', ($n = $now['total_recv_bytes'] - $before['total_recv_bytes']) > 500_000 && $n < 520_000 ? true : $n);
check('sent', ($n = $now['total_send_bytes'] - $before['total_send_bytes']) > 1_000_000 && $n < 1_030_000 ? true : $n);
check('requests', $now['request_count'] - $before['request_count'] >= 10);
$server->signal(SIGUSR1);
$server->waitForLog('reload');
usleep(300_000);
$after = $stats();
check('what workers that are gone have done stays counted', $after['total_send_bytes'] >= $now['total_send_bytes']);
check('exit code', $server->stop(), 0);

foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start(<<<'PHP'
        <?php
        $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
        $http->set(['worker_num' => 2, 'task_worker_num' => 1]);
        $http->on('task', fn ($http) => $http->stats());
        $http->on('request', fn ($q, $r) => $r->end(json_encode($q->server['request_uri'] === '/task' ? $http->taskwait(1, 5) : $http->stats())));
        $http->start();
        PHP, [(string) $mode]);
    $clients = array_map(fn () => new HttpClient($server->port), range(1, 6));
    foreach ($clients as $client) {
        $client->request('GET', '/');
    }
    $stats = fn (string $path = '/') => $clients[0]->request('GET', $path)->json();
    foreach (['a worker' => '/', 'a task worker' => '/task'] as $who => $path) {
        $now = wait_until(fn () => ($now = $stats($path))['connection_num'] === 6 ? $now : null, "{$name}: the connections by {$who}");
        check("{$name}: {$who} knows those of all", $now['accept_count'] - $now['close_count'] === 6 && $now['accept_count'] >= 7 ?: $now);
    }
    $clients[5]->close();
    $later = wait_until(fn () => ($later = $stats())['connection_num'] === 5 ? $later : null, 'the end of one');
    check("{$name}: one less", [$later['accept_count'], $later['close_count']], [$now['accept_count'], $now['close_count'] + 1]);
    check("{$name}: processes", [$later['worker_num'], $later['task_worker_num'], $later['request_count'] >= 9, $later['idle_worker_num'] <= 2], [2, 1, true, true]);
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: received
ok: sent
ok: requests
ok: what workers that are gone have done stays counted
ok: exit code
ok: base mode: a worker knows those of all
ok: base mode: a task worker knows those of all
ok: base mode: one less
ok: base mode: processes
ok: base mode: exit code
ok: process mode: a worker knows those of all
ok: process mode: a task worker knows those of all
ok: process mode: one less
ok: process mode: processes
ok: process mode: exit code
