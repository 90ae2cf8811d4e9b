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
--EXPECT--
ok: received
ok: sent
ok: requests
ok: what workers that are gone have done stays counted
