--TEST--
Tasks: callbacks, waiting for one and for several, sizes, results, what is refused
--FILE--
<?php
use Swoole\Http\Server;

foreach ([false, true] as $object) {
    $server = new Server('127.0.0.1', 0);
    $server->set(['worker_num' => 1, 'task_worker_num' => 2, 'task_use_object' => $object, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('request', fn () => null);
    $work = function (Server $server, $data) {
        if ($data === 'late') {
            usleep(60_000);
        }
        if ($data === 'task') {
            return @$server->task('no') === false && @$server->taskwait('no') === false ? 'refused' : 'taken';
        }
        return $data === 'nothing' ? null : ['got' => $data, 'cid' => Co::getCid(), 'task worker' => $server->taskworker];
    };
    $server->on('task', $object
        ? function (Server $server, Swoole\Server\Task $task) use ($work) {
            if ($task->data === 'by object') {
                $task->finish("$task->worker_id:" . ($task->id >= 0) . ':' . ($task->dispatch_time > 1e9) . ":$task->flags");
                return null;
            }
            return $work($server, $task->data);
        }
        : function (Server $server, int $id, int $from, $data) use ($work) {
            if ($data === 'by call') {
                $server->finish("$from:" . ($id >= 0));
                return null;
            }
            return $work($server, $data);
        });
    $server->on('finish', function (Server $server, int $id, $data) {
        echo 'finish: ', json_encode($data), "\n";
        if ($data['got'] === 'last') {
            $server->shutdown();
        }
    });
    $server->on('workerStart', function (Server $server, int $number) use ($object) {
        if ($server->taskworker) {
            return;
        }
        var_dump($server->taskwait('one', 5));
        foreach ([0, 1, 60_000, 100_000, 3_000_000] as $size) {
            $sent = str_repeat("\0a", $size >> 1);
            echo $server->taskwait($sent, 5)['got'] === $sent ? '' : "$size bytes differ\n";
        }
        $deep = ['a' => [1.5, null, true, new ArrayObject([1, 2])]];
        var_dump($server->taskwait($deep, 5)['got'] == $deep);
        echo json_encode(array_column($server->taskWaitMulti(['a', 'b', 'c'], 5), 'got')), "\n";
        echo json_encode($server->taskWaitMulti(['late', 'd'], 0.03)), "\n";
        usleep(100_000);
        echo json_encode(array_map(fn ($r) => $r['got'] ?? $r, $server->taskCo(['late', 'x', 'late', 'late'], 5))), "\n";
        var_dump($server->taskwait('late', 0.01), swoole_last_error() === SWOOLE_ERROR_CO_TIMEDOUT);
        usleep(100_000);
        var_dump($server->taskwait('task', 5), $server->taskwait($object ? 'by object' : 'by call', 5));
        try {
            $server->taskwait(fn () => 1);
        } catch (Exception $e) {
            echo $e->getMessage(), "\n";
        }
        var_dump(@$server->task('x', 2), error_get_last()['message']);
        $server->task('nothing');
        $server->task('mine', 1, function (Server $server, int $id, $data) {
            echo 'own: ', json_encode($data), "\n";
            $server->task('last');
        });
        $stats = $server->stats();
        var_dump($stats['task_worker_num'], $stats['task_count'] > 10);
    });
    $server->start();
}
?>
--EXPECT--
array(3) {
  ["got"]=>
  string(3) "one"
  ["cid"]=>
  int(-1)
  ["task worker"]=>
  bool(true)
}
bool(true)
["a","b","c"]
{"1":{"got":"d","cid":-1,"task worker":true}}
["late","x","late","late"]
bool(false)
bool(true)
string(7) "refused"
string(3) "0:1"
Serialization of 'Closure' is not allowed
bool(false)
string(69) "Swoole\Server::task(): worker_id must be less than task_worker_num[2]"
int(2)
bool(true)
own: {"got":"mine","cid":-1,"task worker":true}
finish: {"got":"last","cid":-1,"task worker":true}
array(3) {
  ["got"]=>
  string(3) "one"
  ["cid"]=>
  int(-1)
  ["task worker"]=>
  bool(true)
}
bool(true)
["a","b","c"]
{"1":{"got":"d","cid":-1,"task worker":true}}
["late","x","late","late"]
bool(false)
bool(true)
string(7) "refused"
string(8) "0:1:1:36"
Serialization of 'Closure' is not allowed
bool(false)
string(69) "Swoole\Server::task(): worker_id must be less than task_worker_num[2]"
int(2)
bool(true)
own: {"got":"mine","cid":-1,"task worker":true}
finish: {"got":"last","cid":-1,"task worker":true}
