--TEST--
A worker serves while onWorkerStart waits; what that throws later ends the worker; onWorkerStop may run a loop of its own
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine;
use Swoole\Coroutine\Client;

$starts = new Swoole\Atomic();
$server = new Swoole\Server('127.0.0.1', 0, SWOOLE_BASE);
$server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_NONE, 'max_request' => 1000]);
$server->on('workerStart', function ($server) use ($starts) {
    if ($starts->add() === 1) {
        echo 'in coroutine ', Coroutine::getCid(), "\n";
        // Nobody but this worker answers.
        $client = new Client(SWOOLE_SOCK_TCP);
        $client->connect('127.0.0.1', $server->port, 2);
        $client->send('in the middle of onWorkerStart');
        echo $client->recv(2), "\n";
        throw new Exception('a start that fails after it has waited');
    }
    Swoole\Timer::after(10, fn () => $server->shutdown());
});
$server->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, "answered $data"));
$server->on('workerStop', function () {
    echo 'at the end ', Coroutine::getCid(), "\n";
    $began = microtime(true);
    Co\run(function () {
        Coroutine::sleep(0.02);
        echo "a loop of its own\n";
    });
    echo microtime(true) - $began < 1 ? "that ends\n" : "that was held up\n";
});
$server->on('workerError', fn ($server, $id, $pid, $code) => print("worker $id ended with $code\n"));
$server->start();
Co\run(function () use ($server) {
    var_dump((new Swoole\Server('127.0.0.1', 0))->start());
});
?>
--EXPECTF--
in coroutine 1
answered in the middle of onWorkerStart
%AUncaught Exception: a start that fails after it has waited in %A
worker 0 ended with 255
at the end -1
a loop of its own
that ends

Warning: Swoole\Server::start(): The event-loop has already been created, unable to start Swoole\Server in %s on line %d
bool(false)
