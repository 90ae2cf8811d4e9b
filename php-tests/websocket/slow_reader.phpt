--TEST--
WebSocket clients that read slowly or not at all: push() waits with them, memory stays, others are served
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
    $pushed = [];
    $server->on('message', function ($s, $frame) use (&$pushed) {
        if ($frame->data === 'flood') {
            $chunk = str_repeat('f', 1 << 20);
            $n = 0;
            while ($n < 40 && $s->push($frame->fd, $chunk, SWOOLE_WEBSOCKET_OPCODE_BINARY)) {
                $pushed[$frame->fd] = ++$n;
            }
            fwrite(STDERR, "flood of {$frame->fd} over after {$n}\n");
        } else {
            $s->push($frame->fd, json_encode([max($pushed ?: [0]), memory_get_usage() >> 20]));
        }
    });
    $server->start();
    PHP);
$other = new WebSocketClient($server->port);
$slow = new WebSocketClient($server->port);
$slow->send('flood');
[$pushed, $memory] = wait_until(function () use ($other) {
    static $last = null;
    usleep(50_000);
    $other->send('?');
    $now = json_decode($other->receive());
    $same = $now[0] > 0 && $now[0] === $last;
    $last = $now[0];
    return $same ? $now : null;
}, 'push() to wait');
check('push() waits', $pushed < 20);
check('memory', $memory < 16);
$got = 0;
for ($i = 0; $i < 40; $i++) {
    $got += strlen($slow->receive(WebSocketClient::BINARY));
}
check('all of it comes', $got, 40 << 20);
$server->waitForLog('over after 40');
$gone = new WebSocketClient($server->port);
$gone->send('flood');
usleep(100_000);
$gone->connection->reset();
check('one that goes: push() is false', preg_match('/flood of 4 over after \d+\n/', $server->waitForLog('flood of 4')), 1);
$other->send('?');
check('others are served', json_decode($other->receive())[1] < 16);
check('the end', $server->stop(), 0);
?>
--EXPECT--
ok: push() waits
ok: memory
ok: all of it comes
ok: one that goes: push() is false
ok: others are served
ok: the end
