--TEST--
enable_coroutine off: requests, WebSocket messages and events of connections are called without a coroutine, in base and in process mode
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

$code = <<<'PHP'
    <?php
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1], (int) $argv[2]);
    $server->set(['worker_num' => 1, 'enable_coroutine' => $argv[3] === 'on']);
    $events = [];
    $server->on('connect', function () use (&$events) { $events['connect'] = Swoole\Coroutine::getCid(); });
    $server->on('open', function () use (&$events) { $events['open'] = Swoole\Coroutine::getCid(); });
    $server->on('message', fn ($server, $frame) => $server->push($frame->fd, (string) Swoole\Coroutine::getCid()));
    $server->on('request', function ($request, $response) use (&$events) {
        switch ($request->server['request_uri']) {
            case '/events': return $response->end(json_encode($events));
            case '/go': go(function () use ($response) { Swoole\Coroutine::sleep(0.01); $response->end((string) (Swoole\Coroutine::getCid() > 0)); }); return;
            case '/throw': throw new Exception('thrown by a request');
            default: $response->end((string) Swoole\Coroutine::getCid());
        }
    });
    $server->start();
    PHP;
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start($code, [(string) $mode, 'off']);
    check("{$name}: a request", [$server->get('/')->body, $server->get('/')->body], ['-1', '-1']);
    check("{$name}: a coroutine of its own", $server->get('/go')->body, '1');
    $socket = new WebSocketClient($server->port);
    $socket->send('which?');
    check("{$name}: a message", $socket->receive(), '-1');
    $events = json_decode($server->get('/events')->body, true);
    check("{$name}: events", array_unique(array_values($events)), [-1]);
    check("{$name}: exit code", $server->stop(), 0);
}
$server = Server::start($code, [(string) SWOOLE_BASE, 'on']);
check('on', $server->get('/')->body > 0);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: base mode: a request
ok: base mode: a coroutine of its own
ok: base mode: a message
ok: base mode: events
ok: base mode: exit code
ok: process mode: a request
ok: process mode: a coroutine of its own
ok: process mode: a message
ok: process mode: events
ok: process mode: exit code
ok: on
ok: exit code
