--TEST--
WebSocket\Server: handshake, messages, close by either side, HTTP on the same port, events in their order
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1, 'websocket_subprotocol' => 'chat', 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('connect', fn ($s, $fd) => fwrite(STDERR, "connect {$fd}\n"));
    $server->on('open', function ($s, $request) {
        fwrite(STDERR, "open {$request->fd} {$request->server['path_info']}\n");
        if ($request->get['slow'] ?? 0) {
            Co::sleep(0.05);
        }
        $s->push($request->fd, "hello {$request->header['host']}");
    });
    $server->on('beforeHandshakeResponse', fn ($s, $request, $response) => $response->header('X-Before', (string) $request->fd));
    $server->on('message', function ($s, $frame) {
        switch ($frame->data) {
            case 'frame': $s->push($frame->fd, json_encode($frame)); break;
            case 'info': $s->push($frame->fd, json_encode([$s->getClientInfo($frame->fd)['websocket_status'], $s->isEstablished($frame->fd), $s->exists($frame->fd), count($s->connections)])); break;
            case 'disconnect': var_dump($s->disconnect($frame->fd, 4001, 'enough')); break;
            case 'close': $s->close($frame->fd); break;
            case 'closeframe': $c = new Swoole\WebSocket\CloseFrame; $c->code = 4002; $c->reason = 'as a frame'; $s->push($frame->fd, $c); break;
            case 'throw': throw new Exception('from onMessage');
            case 'ping': $s->ping($frame->fd, 'are you there'); break;
            case 'sleep': Co::sleep(0.05); $s->push($frame->fd, 'slept'); break;
            case 'nobody':
                foreach ([-1, 0, 999] as $fd) { $s->push($frame->fd, var_export(@$s->push($fd, 'x'), true) . ' ' . swoole_last_error() . ' ' . error_get_last()['message']); }
                break;
            default: $s->push($frame->fd, $frame->data, $frame->opcode);
        }
    });
    $server->on('request', function ($request, $response) use ($server) {
        $established = [];
        foreach ($server->connections as $fd) {
            $established[] = $server->isEstablished($fd);
        }
        $response->end(json_encode([$established, @$server->push($request->fd, 'x'), error_get_last()['message']]));
    });
    $server->on('close', fn ($s, $fd) => fwrite(STDERR, "close {$fd}\n"));
    $server->on('disconnect', fn ($s, $fd) => fwrite(STDERR, "disconnect {$fd}\n"));
    $server->start();
    PHP);

$c = new WebSocketClient($server->port, '/room?x=1');
check('101', [$c->answer->status, strtolower($c->answer->header('upgrade')), $c->answer->header('connection'), $c->answer->header('sec-websocket-protocol'), $c->answer->header('x-before') > 0], [101, 'websocket', 'Upgrade', 'chat', true]);
check('pushed in onOpen', $c->receive(), "hello 127.0.0.1:{$server->port}");
$c->send('text');
check('a text', $c->frameIn(), [1, 'text', 8]);
$c->send(str_repeat("\0\xff", 40_000), WebSocketClient::BINARY);
check('80,000 bytes', $c->frameIn(), [2, str_repeat("\0\xff", 40_000), 8]);
$c->send('');
check('nothing', $c->frameIn(), [1, '', 8]);
$c->send('frame');
$frame = json_decode($c->receive(), true);
unset($frame['fd']);
check('the frame object', $frame, ['data' => 'frame', 'opcode' => 1, 'flags' => 33, 'finish' => true]);
$c->send('info');
check('what the server knows', $c->receive(), '[3,true,true,1]');
$c->send('ping');
check('a ping from the server', $c->receive(WebSocketClient::PING), 'are you there');
$c->send('nobody');
check('push to nobody', [$c->receive(), $c->receive(), $c->receive()], [
    'false 0 Swoole\WebSocket\Server::push(): fd[-1] is invalid', 'false 0 Swoole\WebSocket\Server::push(): fd[0] is invalid', 'false 1005 Swoole\WebSocket\Server::push(): session#999 does not exists',
]);
$c->send('throw');
$server->waitForLog('from onMessage');
$c->connection->send(WebSocketClient::frame('sleep') . WebSocketClient::frame('quick'));
check('a message that waits does not hold others up', [$c->receive(), $c->receive()], ['quick', 'slept']);

check('HTTP beside it', $server->get('/')->body, '[[true,false],false,"Swoole\\\\WebSocket\\\\Server::push(): the connected client of connection[3] is not a websocket client or closed"]');

$c->send("\x0f\xa0bye", WebSocketClient::CLOSE);
check('the client closes', $c->receiveClose(), '4000 bye');
$c = new WebSocketClient($server->port);
$c->receive();
$c->send('closeframe');
$c->send('and still');
check('a close frame alone closes nothing', [$c->receive(WebSocketClient::CLOSE), $c->receive()], ["\x0f\xa2as a frame", 'and still']);
$c->send('disconnect');
check('the server closes', $c->receiveClose(), '4001 enough');
$c = new WebSocketClient($server->port);
$c->receive();
$c->send('close');
check('without a word', $c->connection->isClosedWithin(3));
$c = new WebSocketClient($server->port, '/?slow=1', behind: WebSocketClient::frame('at once') . WebSocketClient::frame('and again'));
check('messages that came with the handshake', [$c->receive(), $c->receive(), $c->receive()], ['at once', 'and again', "hello 127.0.0.1:{$server->port}"]);
$c->connection->reset();
$log = $server->waitForLog('close 6');
preg_match_all('/^(connect|open|close|disconnect) ([1-3])\b/m', $log, $events);
sort($events[0]);
check('events', $events[0], ['close 2', 'connect 1', 'connect 2', 'connect 3', 'disconnect 1', 'disconnect 3', 'open 2']);
$c = new WebSocketClient($server->port);
$c->receive();
$start = microtime(true);
$server->signal(15);
check('the server says good-bye', $c->receive(WebSocketClient::CLOSE), "\x03\xe9");
$c->send("\x03\xe9", WebSocketClient::CLOSE);
$c->close();
check('and ends', [$server->waitForEnd(), microtime(true) - $start < 2], [0, true]);
?>
--EXPECT--
ok: 101
ok: pushed in onOpen
ok: a text
ok: 80,000 bytes
ok: nothing
ok: the frame object
ok: what the server knows
ok: a ping from the server
ok: push to nobody
ok: a message that waits does not hold others up
ok: HTTP beside it
ok: the client closes
ok: a close frame alone closes nothing
ok: the server closes
ok: without a word
ok: messages that came with the handshake
ok: events
ok: the server says good-bye
ok: and ends
