--TEST--
WebSocket frames that break the rules, come in parts or byte by byte, are too long, or are control frames in a flood
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

$script = <<<'PHP'
    <?php
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1, 'package_max_length' => 100_000, 'log_level' => SWOOLE_LOG_ERROR] + json_decode($argv[2], true));
    $server->on('message', function ($s, $frame) {
        if ($frame->data === 'memory') {
            $s->push($frame->fd, (string) (memory_get_usage() >> 20));
        } elseif ($frame instanceof Swoole\WebSocket\CloseFrame) {
            fwrite(STDERR, "closeframe {$frame->code} {$frame->reason}\n");
        } else {
            $s->push($frame->fd, "{$frame->opcode} {$frame->flags} {$frame->data}", $frame->opcode === 2 ? 2 : 1);
        }
    });
    $server->start();
    PHP;
$server = Server::start($script, ['{"websocket_strict": true}']);
$open = fn (): WebSocketClient => new WebSocketClient($server->port);
$frame = WebSocketClient::frame(...);

$c = $open();
$c->connection->send($frame('in ', fin: false) . $frame('still there?', WebSocketClient::PING) . $frame('', 0, false) . $frame('three ', 0, false) . $frame('', WebSocketClient::PONG) . $frame('parts', 0));
check('a pong in the middle of a message', $c->receive(WebSocketClient::PONG), 'still there?');
check('parts', $c->receive(), '1 33 in three parts');
foreach (str_split($frame('slowly') . $frame('ä', fin: false) . $frame('ö', 0), 1) as $byte) {
    $c->connection->send($byte);
    usleep(300);
}
check('byte by byte', [$c->receive(), $c->receive()], ['1 33 slowly', '1 33 äö']);
$c->connection->send($frame("h\xc3", fin: false) . $frame("\xa4", 0));
check('a character in two parts', $c->receive(), '1 33 hä');
$c->connection->send($frame(str_repeat('x', 100_000), WebSocketClient::BINARY));
check('as long as may be', strlen($c->receive(WebSocketClient::BINARY)), 100_005);
$c->send(str_repeat('x', 125), WebSocketClient::PING);
check('the longest ping', strlen($c->receive(WebSocketClient::PONG)), 125);

foreach ([
    'unmasked' => [$frame('x', masked: false), '1002 a frame from a client is not masked'],
    'a reserved bit' => [$frame('x', reserved: 4), '1002 the frame begins with 0x41: a reserved bit is set that was not agreed on'],
    'another reserved bit' => [$frame('x', reserved: 2), '1002 the frame begins with 0xa1: a reserved bit is set that was not agreed on'],
    'a reserved opcode' => [$frame('x', 3), '1002 the opcode 3 is reserved'],
    'a reserved control opcode' => [$frame('x', 11), '1002 the opcode 11 is reserved'],
    'a ping in parts' => [$frame('x', WebSocketClient::PING, false), '1002 a control frame came in parts'],
    'a ping too long' => [$frame(str_repeat('x', 126), WebSocketClient::PING), '1002 a control frame is longer than 125 bytes'],
    'a continuation of nothing' => [$frame('x', 0), '1002 a continuation frame came where no message was under way'],
    'a message within another' => [$frame('x', fin: false) . $frame('y'), '1002 a new message began before the end of the one under way'],
    'too long' => [$frame(str_repeat('x', 100_001)), '1009 the message is longer than 100000 bytes'],
    'too long by its head alone' => ["\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff1234", '1009 the message is longer than 100000 bytes'],
    'a length of 64 bits' => ["\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff1234", '1002 the length 0xffffffffffffffff has more than 63 bits'],
    'too long in parts' => [$frame(str_repeat('x', 60_000), fin: false) . $frame(str_repeat('x', 60_000), 0), '1009 the message is longer than 100000 bytes'],
    'not UTF-8' => [$frame("\xff"), '1007 the text is not valid UTF-8'],
    'half a character' => [$frame("\xc3"), '1007 the text is not valid UTF-8'],
    'not UTF-8 in the first of many parts' => [$frame("\xed\xa0\x80", fin: false), '1007 the text is not valid UTF-8'],
    'close with half a code' => [$frame("\x03", WebSocketClient::CLOSE), '1002 a close frame has half a code'],
    'close with a code that may not be sent' => [$frame("\x03\xed", WebSocketClient::CLOSE), '1002 the close code 1005 must not be sent'],
    'close with a reason that is not UTF-8' => [$frame("\x03\xe8\xff", WebSocketClient::CLOSE), '1007 the text is not valid UTF-8'],
    'close without a code' => [$frame('', WebSocketClient::CLOSE), ''],
    'close, then more' => [$frame("\x03\xe8", WebSocketClient::CLOSE) . $frame('more'), '1000'],
    'garbage behind the error' => [$frame('x', 3) . random_bytes(50_000), '1002 the opcode 3 is reserved'],
] as $what => [$bytes, $said]) {
    $c = $open();
    $c->connection->send($bytes);
    check($what, $c->receiveClose(), $said);
}
$c = $open();
$c->connection->send(substr($frame('never whole'), 0, 9));
$c->connection->shutdownWrite();
check('half a frame, then the end', $c->connection->isClosedWithin(3));

$lenient = Server::start($script, ['{"open_websocket_close_frame": true, "open_websocket_ping_frame": true, "open_websocket_pong_frame": true}']);
$c = new WebSocketClient($lenient->port);
$c->send('plain', masked: false);
check('not masked', $c->receive(), '1 1 plain');
$c->send("\xff\0", WebSocketClient::TEXT);
check('any text where nothing else is set', $c->receive(), "1 33 \xff\0");
$c->send('ping', WebSocketClient::PING);
$c->send('pong', WebSocketClient::PONG);
check('control frames for the callback', [$c->receive(), $c->receive()], ['9 33 ping', '10 33 pong']);
$c->send("\x0f\xa0so long", WebSocketClient::CLOSE);
check('a close frame for the callback, and its answer', $c->receiveClose(), '4000 so long');
$lenient->waitForLog('closeframe 4000 so long');

// A client that sends pings and never reads: the server stops listening to it, and others are served.
$c = $open();
$c->send('memory');
$before = (int) $c->receive();
$flood = $open();
$ping = str_repeat($frame(str_repeat('p', 125), WebSocketClient::PING), 500);
$sent = 0;
for ($idle = 0; $idle < 20; ) {
    $n = $flood->connection->sendSome($ping);
    $sent += $n;
    $n === 0 ? $idle++ : $idle = 0;
    if ($n === 0) {
        usleep(10_000);
    }
    if ($n % strlen($frame(str_repeat('p', 125), WebSocketClient::PING)) !== 0) {
        break;
    }
    if ($sent > 200 << 20) {
        break;
    }
}
check('the flood is held back', $sent < 100 << 20);
$c->send('memory');
check('memory', (int) $c->receive() - $before < 8);
$c->send('still served');
check('others', $c->receive(), '1 33 still served');
?>
--EXPECT--
ok: a pong in the middle of a message
ok: parts
ok: byte by byte
ok: a character in two parts
ok: as long as may be
ok: the longest ping
ok: unmasked
ok: a reserved bit
ok: another reserved bit
ok: a reserved opcode
ok: a reserved control opcode
ok: a ping in parts
ok: a ping too long
ok: a continuation of nothing
ok: a message within another
ok: too long
ok: too long by its head alone
ok: a length of 64 bits
ok: too long in parts
ok: not UTF-8
ok: half a character
ok: not UTF-8 in the first of many parts
ok: close with half a code
ok: close with a code that may not be sent
ok: close with a reason that is not UTF-8
ok: close without a code
ok: close, then more
ok: garbage behind the error
ok: half a frame, then the end
ok: not masked
ok: any text where nothing else is set
ok: control frames for the callback
ok: a close frame for the callback, and its answer
ok: the flood is held back
ok: memory
ok: others
