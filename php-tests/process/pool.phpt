--TEST--
Swoole\Process\Pool: workers are started, replaced when they end, reloaded and shut down; callbacks in order
--TIMEOUT--
40
--FILE--
<?php
use Swoole\{Atomic, Process, Timer};
use Swoole\Process\Pool;

$runs = new Atomic();
$pool = new Pool(2);
$pool->on('Start', function (Pool $pool) {
    echo "start ", var_export($pool->running, true), ' ', $pool->master_pid === getmypid() ? 'here' : 'elsewhere', "\n";
});
$pool->on('WorkerStart', function (Pool $pool, int $id) use ($runs) {
    $n = $runs->add();
    if ($n <= 4) {                                     // the first ones end by themselves: others come
        return;
    }
    if ($n === 6) {
        Process::kill($pool->master_pid, SIGUSR1);     // both are replaced, one after the other
    } elseif ($n === 8) {
        $pool->shutdown();
    }
    sleep(20);
    echo "too long\n";
});
$pool->on('Shutdown', function (Pool $pool) {
    echo "shutdown ", var_export($pool->running, true), "\n";
});
$pool->start();
var_dump($runs->get() >= 8, Process::wait(false), $pool->on('nothing', 'strlen'));
foreach ([fn () => new Pool(0), fn () => new Pool(1, SWOOLE_IPC_MSGQUEUE, 0, true), fn () => $pool->on('Message', 'strlen'), fn () => $pool->shutdown(), fn () => clone $pool] as $try) {
    try { $try(); } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}
var_dump($pool->getProcess(), $pool->detach(), @$pool->listen('127.0.0.1'), @$pool->sendMessage('x', 0), @$pool->write('x'));
?>
--EXPECTF--
start true here
shutdown false

Warning: Swoole\Process\Pool::on(): unknown event type[nothing] in %s on line %d
bool(true)
bool(false)
bool(false)
Swoole\Exception: the parameter $worker_num must be greater than 0
Error: the parameter $ipc_type must be SWOOLE_IPC_UNIXSOCK when enable coroutine
Swoole\Exception: cannot set `onMessage` event with ipc_type=0
Swoole\Exception: The process pool is not started
Error: Trying to clone an uncloneable object of class Swoole\Process\Pool
bool(false)
bool(false)
bool(false)
bool(false)
bool(false)
