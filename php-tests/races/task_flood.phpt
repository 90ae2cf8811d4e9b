--TEST--
10,000 tasks from coroutines and plain calls into full mailboxes, while the task workers are replaced
--TIMEOUT--
60
--FILE--
<?php
use Swoole\{Atomic, Timer};
use Swoole\Http\Server;

foreach ([true, false] as $coroutine) {
    [$done, $finished] = [new Atomic(), new Atomic()];
    $server = new Server('127.0.0.1', 0);
    $server->set(['worker_num' => 1, 'task_worker_num' => 2, 'enable_coroutine' => $coroutine, 'task_max_request' => 1500, 'log_level' => SWOOLE_LOG_NONE]);
    $server->on('request', fn () => null);
    $server->on('task', function (Server $server, int $id, int $from, string $data) use ($done) {
        $done->add();
        return strlen($data);
    });
    $server->on('finish', function (Server $server, int $id, int $size) use ($finished) {
        if ($finished->add() === 10_000) {
            $server->shutdown();
        }
    });
    $server->on('workerStart', function (Server $server) {
        if ($server->taskworker) {
            return;
        }
        for ($i = 0; $i < 10_000; $i++) {
            $server->task(str_repeat('x', 1 + $i % 3000));
            if ($i === 3000) {
                $server->reload(true);
            }
        }
    });
    $server->start();
    var_dump($done->get(), $finished->get());
}
?>
--EXPECT--
int(10000)
int(10000)
int(10000)
int(10000)
