--TEST--
Atomic::wait() without a limit ends at a signal, so that who is told to end does end
--EXTENSIONS--
highper
pcntl
posix
--FILE--
<?php
use Swoole\Process;
use Swoole\Process\Pool;

pcntl_signal(SIGALRM, fn () => null, true);
pcntl_alarm(1);
$began = microtime(true);
var_dump((new Swoole\Atomic())->wait(-1), microtime(true) - $began < 5);

$atomic = new Swoole\Atomic();
$pool = new Pool(2);
$pool->set(['enable_coroutine' => true, 'max_wait_time' => 5]);
$pool->on('workerStart', fn () => $atomic->wait(-1));
$pool->on('start', fn () => Swoole\Timer::after(50, fn () => $pool->shutdown()));
$began = microtime(true);
$pool->start();
var_dump(microtime(true) - $began < 3);
?>
--EXPECT--
bool(false)
bool(true)
bool(true)
