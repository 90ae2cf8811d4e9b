--TEST--
Tasks in coroutines: many at a time in one task worker, each with its own result
--FILE--
<?php
use Swoole\Http\Server;

$server = new Server('127.0.0.1', 0);
$server->set(['worker_num' => 1, 'task_worker_num' => 1, 'task_enable_coroutine' => true, 'event_object' => true, 'log_level' => SWOOLE_LOG_ERROR]);
$server->on('request', fn () => null);
$server->on('task', function (Server $server, Swoole\Server\Task $task) {
    if ($task->data === 'throws') {
        throw new RuntimeException('in a task');
    }
    if ($task->data === 'finish') {
        $server->finish('not so');
    }
    Co::sleep(0.1);
    $task->finish([$task->data, Co::getCid() > 0]);
});
$server->on('finish', function (Server $server, Swoole\Server\TaskResult $result) {
    echo json_encode([get_class($result), $result->task_worker_id, $result->data, $result->dispatch_time > 1e9]), "\n";
    $server->shutdown();
});
$server->on('workerStart', function (Server $server) {
    if ($server->taskworker) {
        return;
    }
    $begin = microtime(true);
    $results = $server->taskCo(range(1, 200), 5);
    var_dump(array_column($results, 0) === range(1, 200), microtime(true) - $begin < 2);
    $server->task('throws');
    usleep(50_000);
    $server->task('last');
});
$server->start();
?>
--EXPECTF--
bool(true)
bool(true)

Fatal error: Uncaught RuntimeException: in a task in %s:%d
Stack trace:
#0 [internal function]: {closure%S}(Object(Swoole\Http\Server), Object(Swoole\Server\Task))
#1 {main}
  thrown in %s on line %d
["Swoole\\Server\\TaskResult",1,["last",true],true]
