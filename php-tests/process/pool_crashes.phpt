--TEST--
Swoole\Process\Pool: a worker that is killed or throws is replaced; one that does not end is killed; a killed master takes its workers along
--TIMEOUT--
40
--FILE--
<?php
use Swoole\{Atomic, Process};
use Swoole\Process\Pool;

$runs = new Atomic();
$pool = new Pool(1, SWOOLE_IPC_NONE);
$pool->set(['max_wait_time' => 1]);
$pool->on('WorkerStart', function (Pool $pool, int $id) use ($runs) {
    switch ($runs->add()) {
        case 1: Process::kill(getmypid(), SIGKILL); break;
        case 2: throw new Exception('in a worker');
        case 3: exit(7);
        default:
            pcntl_async_signals(true);
            pcntl_signal(SIGTERM, fn () => null);
            $pool->shutdown();
            $end = microtime(true) + 20;
            while (microtime(true) < $end) usleep(100000);
    }
});
$begin = microtime(true);
$pool->start();
$took = microtime(true) - $begin;
var_dump($took > 0.9 && $took < 5, $runs->get());

$worker = new Atomic\Long();
$child = new Process(function () use ($worker) {
    $pool = new Pool(1);
    $pool->on('WorkerStart', function () use ($worker) { $worker->set(getmypid()); sleep(60); });
    $pool->start();
}, false, 0);
$child->start();
while (!$worker->get()) usleep(1000);
Process::kill($child->pid, SIGKILL);
Process::wait();
for ($i = 0; $i < 500 && Process::kill($worker->get(), 0); $i++) usleep(10000);
var_dump($i < 500);
?>
--SKIPIF--
<?php if (!extension_loaded('pcntl')) die('skip needs pcntl'); ?>
--EXPECTF--
[%s]	WARNING	Worker::report_error(): worker(pid=%d, id=0) abnormal exit, status=0, signal=9
%AFatal error: Uncaught Exception: in a worker in %a
[%s]	WARNING	Worker::report_error(): worker(pid=%d, id=0) abnormal exit, status=255, signal=0
[%s]	WARNING	Worker::report_error(): worker(pid=%d, id=0) abnormal exit, status=7, signal=0
[%s]	WARNING	ReloadTask::kill_all(): force kill worker process(pid=%d, id=0)
bool(true)
int(4)
bool(true)
