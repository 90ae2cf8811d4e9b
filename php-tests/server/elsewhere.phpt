--TEST--
Connections of another worker: what a task worker, another worker and a user process send, answer, ask and close
--FILE--
<?php
use Swoole\{Atomic, Process};
use Swoole\Coroutine\Http\Client;
use Swoole\Http\Response;
use Swoole\WebSocket\Server;

[$ended, $done] = [new Atomic(), new Atomic()];
$server = new Server('127.0.0.1', 0, SWOOLE_PROCESS);
$server->set(['worker_num' => 1, 'task_worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
$user = new Process(function (Process $process) use ($server) {
    while ($fd = (int) $process->read()) {
        $response = Response::create($fd);
        $response->header('X-From', 'user process');
        $response->write('in ');
        $response->write('parts');
        $response->end();
    }
});
$server->addProcess($user);
$server->on('request', function ($request, Response $response) use ($server, $user) {
    $response->detach();
    $request->get['by'] === 'task' ? $server->task($response->fd) : $user->write((string) $response->fd);
});
$server->on('message', fn (Server $server, $frame) => $server->task([$frame->fd, $frame->data]));
$server->on('close', fn () => $ended->add());
$server->on('task', function (Server $server, int $id, int $from, $data) {
    if (is_array($data)) {
        [$fd, $text] = $data;
        $info = $server->getClientInfo($fd);
        $about = implode(' ', [$info['remote_ip'], $info['websocket_status'] ?? '-', json_encode($server->exist($fd)), json_encode($server->exist($fd + 100)), json_encode(in_array($fd, iterator_to_array($server->connections, false), true))]);
        return match ($text) {
            'end' => json_encode($server->disconnect($fd, 4001, 'so be it')),
            'close' => json_encode($server->close($fd)),
            default => json_encode($server->push($fd, "$about: " . strrev($text)) && !@$server->push($fd + 100, 'x')),
        };
    }
    $response = Response::create($data);
    $response->status(404, 'Not Here');
    $response->header('X-From', 'task worker');
    $response->cookie('a', 'b');
    $response->end(str_repeat('answer ', 20_000));
});
$server->on('finish', function (Server $server, int $id, $data) use ($done) {
    $data === 'true' ? $done->add() : print("a task: $data\n");
});
$server->on('workerStart', function (Server $server) use ($ended, $done) {
    if ($server->taskworker) {
        return;
    }
    go(function () use ($server, $ended, $done) {
        $http = new Client('127.0.0.1', $server->port);
        foreach (['task', 'user', 'task'] as $by) {
            $http->get("/?by=$by");
            echo $http->statusCode, ' ', $http->headers['x-from'], ' ', strlen($http->body), ' ', substr($http->body, -8), ' ', json_encode($http->cookies), "\n";
        }
        $http->close();
        foreach (['end', 'close'] as $how) {
            $client = new Client('127.0.0.1', $server->port);
            $client->upgrade('/');
            $client->push('abc');
            echo $client->recv(10)->data, "\n";
            $client->push($how);
            $frame = $client->recv(10);
            echo $frame ? "$frame->code $frame->reason" : json_encode($frame), "\n";
            $client->close();
        }
        while ($ended->get() < 3 || $done->get() < 4) {
            Co::sleep(0.005);
        }
        $server->shutdown();
    });
});
$server->start();
?>
--EXPECT--
404 task worker 140000  answer  {"a":"b"}
200 user process 8 in parts {"a":"b"}
404 task worker 140000  answer  {"a":"b"}
127.0.0.1 3 true false true: cba
""
127.0.0.1 3 true false true: cba
""
