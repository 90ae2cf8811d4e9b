--TEST--
Task workers are killed with tasks in flight: taskwait answers false in its time, what waits is done by the next one
--TIMEOUT--
30
--FILE--
<?php
use Swoole\{Atomic, Process};
use Swoole\Http\Server;

$done = new Atomic();
$server = new Server('127.0.0.1', 0);
$server->set(['worker_num' => 1, 'task_worker_num' => 2, 'log_level' => SWOOLE_LOG_NONE]);
$server->on('request', fn () => null);
$server->on('task', function (Server $server, int $id, int $from, $data) use ($done) {
    if ($data === 'die') {
        Process::kill(getmypid(), SIGKILL);
    }
    $done->add();
    return $data;
});
$server->on('workerStart', function (Server $server) use ($done) {
    if ($server->taskworker) {
        return;
    }
    for ($round = 0; $round < 5; $round++) {
        $begin = microtime(true);
        $answers = $server->taskCo(['a', 'die', 'b', 'die', 'c', 'd', 'e', 'f'], 0.5);
        if (count(array_filter($answers)) !== 6 || microtime(true) - $begin > 1) {
            echo json_encode($answers), ' in ', microtime(true) - $begin, "\n";
        }
    }
    var_dump($done->get(), $server->taskwait('after', 5));
    $server->shutdown();
});
$server->start();
?>
--EXPECT--
int(30)
string(5) "after"
