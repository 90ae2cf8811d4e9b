--TEST--
A client that resets the connection behind a message: what it was to be sent goes to nobody else
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('message', fn ($s, $frame) => $s->push($frame->fd, "for {$frame->data} alone"));
    $server->start();
    PHP);
for ($i = 0; $i < 200; $i++) {
    $c = new WebSocketClient($server->port);
    $c->send("client {$i}");
    $c->connection->reset();
}
check('200 clients', $i, 200);
$c = new WebSocketClient($server->port);
$c->send('the last');
check('its own answer', $c->receive(), 'for the last alone');
?>
--EXPECT--
ok: 200 clients
ok: its own answer
