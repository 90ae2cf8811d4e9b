--TEST--
getWorkerStatus() and stats(): a worker that works on a packet is busy, and idle when that is over
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 2]);
    $server->on('receive', function ($server, $fd, $reactor, $data) {
        $server->send($fd, json_encode([$server->getWorkerStatus(), $server->getWorkerStatus(1 - $server->getWorkerId()), $server->stats()['idle_worker_num']]) . "\n");
    });
    $server->start();
    PHP);
$told = function () use ($server): array {
    $peer = stream_socket_client("tcp://127.0.0.1:{$server->port}");
    fwrite($peer, 'x');
    return json_decode(fgets($peer), true);
};
// The socket accepts before both are ready.
wait_until(fn () => $told()[2] === 1, 'both workers are there');
for ($i = 0; $i < 4; $i++) {
    check('this one is busy, the other idle', $told(), [SWOOLE_WORKER_BUSY, SWOOLE_WORKER_IDLE, 1]);
}
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: this one is busy, the other idle
ok: this one is busy, the other idle
ok: this one is busy, the other idle
ok: this one is busy, the other idle
ok: exit code
