--TEST--
Timers, signals, coroutines and commands in the manager; workers forked meanwhile have none of them
--FILE--
<?php
use Swoole\{Atomic, Process, Timer};
use Swoole\Http\Server;

$calls = new Atomic();
$server = new Server('127.0.0.1', 0, SWOOLE_PROCESS);
$server->set(['worker_num' => 2, 'task_worker_num' => 1, 'log_level' => SWOOLE_LOG_NONE]);
$server->addCommand('who', SWOOLE_SERVER_COMMAND_MASTER | SWOOLE_SERVER_COMMAND_WORKER | SWOOLE_SERVER_COMMAND_TASK_WORKER, function (Server $server, string $json) {
    return json_encode(['asked' => json_decode($json), 'pid' => getmypid(), 'id' => $server->worker_id]);
});
$server->addCommand('wrong', SWOOLE_SERVER_COMMAND_WORKER, fn () => 5);
$server->on('request', fn () => null);
$server->on('task', fn () => null);
$server->on('workerStart', fn (Server $server, int $id) => Timer::stats()['num'] === 0 ? null : print("worker $id has timers\n"));
$server->on('start', function (Server $server) {
    $master = $server->command('who', 0, SWOOLE_SERVER_COMMAND_MASTER, 'm');
    var_dump($master['pid'] === $server->getMasterPid(), $master['asked']);
    foreach ([[1, SWOOLE_SERVER_COMMAND_WORKER, 1], [0, SWOOLE_SERVER_COMMAND_TASK_WORKER, 2]] as [$id, $type, $number]) {
        $answer = $server->command('who', $id, $type, ['to' => $id]);
        var_dump($answer['pid'] === $server->getWorkerPid($number), $answer['id'] === $number, $answer['asked']);
    }
    var_dump($server->command('wrong', 0, SWOOLE_SERVER_COMMAND_WORKER, 0, false));
    var_dump($server->command('who', 2, SWOOLE_SERVER_COMMAND_WORKER, 0), $server->command('none', 0, SWOOLE_SERVER_COMMAND_WORKER, 0));
    [$watched, $other] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    Swoole\Event::add($watched, function ($watched) {
        echo 'watched: ', fread($watched, 100), "\n";
        Swoole\Event::del($watched);
    });
    Timer::after(10, fn () => fwrite($other, 'said after the loop was left once'));
    Process::signal(SIGWINCH, fn () => print("a signal\n"));
    Timer::after(20, fn () => Process::kill(getmypid(), SIGWINCH));
    $ticks = 0;
    Timer::tick(20, function (int $timer) use ($server, &$ticks) {
        if (++$ticks === 3) {
            Timer::clear($timer);
            echo "three ticks\n";
            Process::kill($server->getWorkerPid(0), SIGKILL);
        }
    });
});
$server->on('workerError', function (Server $server, int $id, int $pid, int $code, int $signal) {
    echo "worker $id ended by signal $signal\n";
    $server->shutdown();
});
$server->start();
var_dump(Timer::stats()['num']);
?>
--EXPECT--
bool(true)
string(1) "m"
bool(true)
bool(true)
array(1) {
  ["to"]=>
  int(1)
}
bool(true)
bool(true)
array(1) {
  ["to"]=>
  int(0)
}
string(41) "{"data": "wrong return type", "code": -2}"
bool(false)
bool(false)
watched: said after the loop was left once
a signal
three ticks
worker 0 ended by signal 9
int(0)
