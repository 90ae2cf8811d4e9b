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
for ($i = 0; $i < 4; $i++) {
    // The other may not be up yet, or on its way out of the callback that has sent the answer before.
    wait_until(fn () => $told() === [SWOOLE_WORKER_BUSY, SWOOLE_WORKER_IDLE, 1], 'this one is busy, the other idle');
    check('this one is busy', $told()[0], SWOOLE_WORKER_BUSY);
}
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: this one is busy
ok: this one is busy
ok: this one is busy
ok: this one is busy
ok: exit code
