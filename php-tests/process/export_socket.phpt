--TEST--
Swoole\Process::exportSocket(): each side talks from coroutines, by packets and by a stream; in a pool too
--FILE--
<?php
use Swoole\{Coroutine as Co, Process};
use function Swoole\Coroutine\run;

foreach ([2, 1] as $type) {                            // SOCK_DGRAM, SOCK_STREAM
    $child = new Process(function (Process $own) {
        $socket = $own->exportSocket();
        var_dump($socket === $own->exportSocket());
        while (($data = $socket->recv()) !== 'end') $socket->send(strtoupper($data));
    }, false, $type, true);
    $child->start();
    run(function () use ($child) {
        $ticks = 0;
        go(function () use (&$ticks) { for ($i = 0; $i < 3; $i++) { Co::sleep(0.001); $ticks++; } });
        $socket = $child->exportSocket();
        $socket->send('hello');
        var_dump($socket->recv(65536, 5.0), get_class($socket));
        var_dump($socket->recv(65536, 0.02), $ticks);
        $socket->send('end');
    });
    var_dump(Process::wait()['code']);
}
$none = new Process(function () {}, false, 0);
var_dump($none->exportSocket());

$pool = new Process\Pool(2, SWOOLE_IPC_UNIXSOCK, 0, true);
$pool->on('WorkerStart', function (Process\Pool $pool, int $id) {
    $socket = $pool->getProcess(0)->exportSocket();
    if ($id === 0) {
        echo $socket->recv(), "\n";
        $socket->send('and back');
        Co::sleep(20);
    }
    $socket->send('from one to the other');
    echo $socket->recv(), "\n";
    $pool->shutdown();
    Co::sleep(20);
});
$pool->set(['max_wait_time' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
$pool->start();
?>
--EXPECTF--
bool(true)
string(5) "HELLO"
string(23) "Swoole\Coroutine\Socket"
bool(false)
int(3)
int(0)
bool(true)
string(5) "HELLO"
string(23) "Swoole\Coroutine\Socket"
bool(false)
int(3)
int(0)

Warning: Swoole\Process::exportSocket(): no pipe, cannot export stream in %s on line %d
bool(false)
from one to the other
and back
