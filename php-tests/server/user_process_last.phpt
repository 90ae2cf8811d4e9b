--TEST--
The end of a server: workers first, user processes then; stop() in a worker that just began
--FILE--
<?php
use Swoole\{Atomic, Process, Timer};
use Swoole\Http\Server;

[$starts, $hears] = [new Atomic(), new Atomic()];
$server = new Server('127.0.0.1', 0);
$server->set(['worker_num' => 1, 'task_worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
$server->on('request', fn () => null);
$server->on('task', fn () => null);
$server->addProcess(new Process(function () use ($hears) {
    Process::signal(SIGTERM, function () {
        echo "the user process ends\n";
        Timer::clearAll();
    });
    Timer::tick(1000, fn () => null);
    $hears->set(1);
}));
$server->on('workerStart', function (Server $server) use ($starts, $hears) {
    if (!$server->taskworker && $starts->add() === 1) {
        return $server->stop();
    }
    while (!$server->taskworker && !$hears->get()) {
        usleep(1000);
    }
    return $server->taskworker ?: $server->shutdown();
});
$server->on('workerStop', function (Server $server) {
    usleep(30_000);
    echo $server->taskworker ? '' : "a worker stops\n";
});
$server->start();
?>
--EXPECT--
a worker stops
a worker stops
the user process ends
