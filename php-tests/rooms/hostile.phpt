--TEST--
Rooms: frames that no client may send, messages in pieces, half-closed and vanished clients, pings, floods
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\WebSocket\{Connection, Message, Rooms};
    exit(Highper\Application::create(__DIR__)
        ->websocket('/', function (Connection $c, Message $m) {
            if ($m->data === 'sleep') {
                usleep(100_000);
            }
            $c->send(strlen($m->data) . ' ' . md5($m->data));
        }, open: function (Connection $c) { $c->join('all'); $c->send('welcome'); }, close: function (int $code, string $reason) { fwrite(STDERR, "end {$code} {$reason}\n"); }, compress: true, maxMessage: 100_000)
        ->websocket('/quiet', fn (string $text) => null, open: fn (Connection $c) => $c->join('quiet'), ping: 0.2)
        ->get('/count/{room}', fn (string $room, Rooms $rooms) => $rooms->count($room))
        ->get('/memory', function () { gc_collect_cycles(); return memory_get_usage(); })
        ->run([$argv[0], '--workers', '1']));
    PHP);
$connect = function (array $headers = [], string $path = '/') use ($server): WebSocketClient {
    $c = new WebSocketClient($server->port, $path, $headers);
    if ($path === '/') {
        $c->receive();
    }
    return $c;
};
$f = WebSocketClient::frame(...);
foreach ([
    'not masked' => [$f('x', masked: false), 1002],
    'a reserved bit' => [$f('x', reserved: 2), 1002],
    'compressed, which was not agreed on' => [$f('x', reserved: 4), 1002],
    'an unknown opcode' => [$f('x', opcode: 5), 1002],
    'a continuation of nothing' => [$f('x', opcode: 0), 1002],
    'a message in a message' => [$f('a', fin: false) . $f('b'), 1002],
    'a ping in pieces' => [$f('a', WebSocketClient::PING, fin: false), 1002],
    'a long ping' => [$f(str_repeat('a', 126), WebSocketClient::PING), 1002],
    'no UTF-8' => [$f("\xc3\x28"), 1007],
    'no UTF-8 in pieces' => [$f("\xc3", fin: false) . $f("\x28", opcode: 0), 1007],
    'too long' => [$f(str_repeat('a', 100_001)), 1009],
    'too long in pieces' => [$f(str_repeat('a', 60_000), fin: false) . $f(str_repeat('a', 60_000), opcode: 0), 1009],
    'said to be of 2^63 bytes' => ["\x82\xff\xff" . str_repeat("\0", 20), 1002],
    'closed with half a code' => [$f("\x03", WebSocketClient::CLOSE), 1002],
    'closed with a code that may not be sent' => [$f("\x03\xed", WebSocketClient::CLOSE), 1002],
] as $what => [$bytes, $code]) {
    $c = $connect();
    $c->connection->send($bytes . $f('behind it'));
    [$opcode, $payload] = $c->frameIn();
    check($what, [$opcode, unpack('n', $payload)[1]], [8, $code]);
    $c->close();
}
$c = $connect();
foreach (str_split($f('byte by byte') . $f('in ', fin: false) . $f('in between', WebSocketClient::PING) . $f('pieces', opcode: 0)) as $byte) {
    $c->connection->send($byte);
}
check('byte by byte', [$c->receive(), $c->receive(WebSocketClient::PONG), $c->receive()], ['12 ' . md5('byte by byte'), 'in between', '9 ' . md5('in pieces')]);
$c->connection->send($f('sleep') . str_repeat($f(str_repeat('z', 90_000)), 30) . $f('last'));
$c->receive();
$answers = [];
for ($i = 0; $i < 31; $i++) {
    $answers[] = $c->receive();
}
check('a flood behind a busy handler', array_count_values($answers), ['90000 ' . md5(str_repeat('z', 90_000)) => 30, '4 ' . md5('last') => 1]);
$c->connection->send($f('half'));
$c->connection->shutdownWrite();
check('a client that has ended its side is gone', [$c->receive(), $c->connection->isClosedWithin(3)], ['4 ' . md5('half'), true]);

$c = $connect(['Sec-WebSocket-Extensions' => 'permessage-deflate; client_max_window_bits']);
check('compression is agreed on', str_contains($c->answer->header('sec-websocket-extensions'), 'permessage-deflate'));
$pack = fn (string $text) => substr(zlib($text), 0, -4);
function zlib(string $text): string { $z = deflate_init(ZLIB_ENCODING_RAW); return deflate_add($z, $text, ZLIB_SYNC_FLUSH); }
$c->connection->send($f($pack(str_repeat('abc', 1000)), reserved: 4));
check('a compressed message', $c->receive(), '3000 ' . md5(str_repeat('abc', 1000)));
$c->connection->send($f($pack(str_repeat("\0", 10_000_000)), WebSocketClient::BINARY, reserved: 4));
check('a bomb', substr($c->receiveClose(), 0, 4), '1009');
$c->close();
$c = $connect(['Sec-WebSocket-Extensions' => 'permessage-deflate']);
$c->connection->send($f('no deflate at all', reserved: 4));
check('what is not compressed', in_array(substr($c->receiveClose(), 0, 4), ['1007', '1002'], true));
$c->close();

$quiet = $connect(path: '/quiet');
wait_until(fn () => $server->get('/count/quiet')->body === '1', 'it is in');
check('a ping is asked for', $quiet->receive(WebSocketClient::PING), '');
check('without an answer it is gone', $quiet->connection->isClosedWithin(4));
wait_until(fn () => $server->get('/count/quiet')->body === '0', 'it is out');

$memory = fn () => (int) $server->get('/memory')->body;
$round = function () use ($connect, $server, $f): void {
    for ($i = 0; $i < 50; $i++) {
        $c = $connect();
        $c->connection->send($f('x', fin: false) . $f('half a fra'));
        $i % 2 ? $c->close() : $c->connection->reset();
    }
    wait_until(fn () => $server->get('/count/all')->body === '0', 'all are out');
};
$round();
$before = $memory();
$round();
$round();
check('nothing leaks', $memory() - $before < 4096);
check('ends', $server->stop(), 0);
check('each has ended', preg_match_all('/^end \d+/m', $server->log()), 168);
check('nothing went wrong', preg_match_all('/Uncaught|panick|Fatal/', $server->log()), 0);
?>
--EXPECT--
ok: not masked
ok: a reserved bit
ok: compressed, which was not agreed on
ok: an unknown opcode
ok: a continuation of nothing
ok: a message in a message
ok: a ping in pieces
ok: a long ping
ok: no UTF-8
ok: no UTF-8 in pieces
ok: too long
ok: too long in pieces
ok: said to be of 2^63 bytes
ok: closed with half a code
ok: closed with a code that may not be sent
ok: byte by byte
ok: a flood behind a busy handler
ok: a client that has ended its side is gone
ok: compression is agreed on
ok: a compressed message
ok: a bomb
ok: what is not compressed
ok: a ping is asked for
ok: without an answer it is gone
ok: nothing leaks
ok: ends
ok: each has ended
ok: nothing went wrong
