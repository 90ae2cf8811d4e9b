--TEST--
sendMessage: between workers, task workers, the manager and user processes, of any size
--FILE--
<?php
use Swoole\{Atomic, Process};
use Swoole\Http\Server;

$seen = new Swoole\Table(64);
$seen->column('text', Swoole\Table::TYPE_STRING, 200);
$seen->create();
$server = new Server('127.0.0.1', 0);
$server->set(['worker_num' => 2, 'task_worker_num' => 2, 'log_level' => SWOOLE_LOG_ERROR]);
$server->on('request', fn () => null);
$server->on('task', fn () => null);
$server->on('pipeMessage', function (Server $server, int $from, $data) use ($seen) {
    $what = is_string($data) && strlen($data) > 100 ? strlen($data) . ' bytes ' . ($data === str_repeat('ab', 5_000_000) ? 'whole' : 'damaged') : json_encode($data);
    $seen->set("$from to $server->worker_id", ['text' => $what]);
    if ($seen->count() === 7) {
        $server->shutdown();
    }
});
$server->on('managerStart', fn (Server $server) => $server->sendMessage('from the manager', 3));
$server->on('workerStart', function (Server $server, int $id) {
    if ($id === 0) {
        var_dump(@$server->sendMessage('x', 0), error_get_last()['message'], @$server->sendMessage('x', 4), error_get_last()['message']);
        var_dump($server->sendMessage(str_repeat('ab', 5_000_000), 1), $server->sendMessage(['to' => 'a task worker'], 2));
    } elseif ($id === 1) {
        $server->sendMessage(null, 0);
        $server->sendMessage(1.5, 3);
    } elseif ($id === 2) {
        $server->sendMessage('among task workers', 3);
    }
});
$server->addProcess(new Process(function (Process $process) use ($server) {
    $server->sendMessage("user process $process->id", 1);
    sleep(10);
}));
$server->start();
$all = [];
foreach ($seen as $key => $row) {
    $all[] = "$key: {$row['text']}";
}
sort($all);
echo implode("\n", $all), "\n";
?>
--EXPECT--
bool(false)
string(57) "Swoole\Server::sendMessage(): can't send messages to self"
bool(false)
string(53) "Swoole\Server::sendMessage(): worker_id[4] is invalid"
bool(true)
bool(true)
-1 to 3: "from the manager"
0 to 1: 10000000 bytes whole
0 to 2: {"to":"a task worker"}
1 to 0: null
1 to 3: 1.5
2 to 3: "among task workers"
4 to 1: "user process 4"
