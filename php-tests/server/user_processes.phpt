--TEST--
addProcess: its socket, timers and coroutines, started again when it ends, fails or is killed; no reload touches it
--FILE--
<?php
use Swoole\{Atomic, Process, Timer};
use Swoole\Http\Server;

[$starts, $timers, $workers, $coroutines] = [new Atomic(), new Atomic(), new Atomic(), new Atomic()];
$server = new Server('127.0.0.1', 0);
$server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_NONE]);
$server->on('request', fn () => null);
$asked = new Process(function (Process $process) use ($starts) {
    $n = $starts->add();
    if ($n === 1) {
        exit(3);
    }
    if ($n === 2) {
        Process::kill(getmypid(), SIGKILL);
    }
    if ($n === 3) {
        return;
    }
    while (true) {
        $process->write(strrev($process->read()));
    }
});
$ticking = new Process(function () use ($timers, $coroutines) {
    go(function () use ($coroutines) {
        Co::sleep(0.001);
        $coroutines->add();
    });
    Timer::tick(1, fn () => $timers->add());
});
var_dump($server->addProcess($asked), $server->addProcess($ticking), $asked->id, $ticking->id);
$server->on('workerError', function (Server $server, int $id, int $pid, int $code, int $signal) {
    echo "worker $id: code $code, signal $signal\n";
});
$server->on('workerStart', function (Server $server) use ($asked, $starts, $timers, $workers, $coroutines) {
    if ($workers->add() === 1) {
        return $server->reload();
    }
    $asked->write('abc');
    while ($starts->get() < 4 || $timers->get() < 3 || $coroutines->get() < 1) {
        usleep(1000);
    }
    var_dump($asked->read(), $server->stats()['user_worker_num'], $starts->get());
    var_dump($server->getWorkerPid(1) > 0, $server->getWorkerPid(2) !== $server->getWorkerPid(1), $server->getWorkerPid(3));
    $server->shutdown();
});
$server->start();
var_dump(@$server->addProcess($asked));
?>
--EXPECTF--
int(0)
int(1)
int(0)
int(1)
worker 1: code 3, signal 0
worker 1: code 0, signal 9
string(3) "cba"
int(2)
int(4)
bool(true)
bool(true)
bool(false)
bool(false)
