--TEST--
Rooms: a message goes compressed to members that can, and plain to others; short ones always plain
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\WebSocket\Connection;
    exit(Highper\Application::create(__DIR__)
        ->websocket('/', fn (Connection $c, string $text) => str_starts_with($text, 'me ') ? $c->send(substr($text, 3)) : $c->to('all')->send($text), open: function (Connection $c) { $c->join('all'); $c->send('in'); }, compress: true)
        ->run([$argv[0], '--workers', '1']));
    PHP);
$offers = ['plain' => [], 'packed' => ['Sec-WebSocket-Extensions' => 'permessage-deflate; client_max_window_bits'], 'small window' => ['Sec-WebSocket-Extensions' => 'permessage-deflate; server_max_window_bits=9']];
$clients = array_map(fn ($headers) => new WebSocketClient($server->port, '/', $headers), $offers);
array_map(fn ($c) => $c->receive(), $clients);
/** What a client gets: was it packed, and what does it say? */
$read = function (WebSocketClient $c): array {
    [$opcode, $payload, $first] = $c->frameIn();
    $packed = ($first & 4) !== 0;
    return [$opcode, $packed, $packed ? inflate_add(inflate_init(ZLIB_ENCODING_RAW), "{$payload}\0\0\xff\xff", ZLIB_SYNC_FLUSH) : $payload, strlen($payload)];
};
$long = str_repeat('again and again, ', 200);
$clients['plain']->send($long);
foreach ($clients as $name => $c) {
    [$opcode, $packed, $text, $length] = $read($c);
    check($name, [$opcode, $packed, $text === $long, $length < 200], [1, $name !== 'plain', true, $name !== 'plain']);
}
$clients['plain']->send('short');
check('a short one', array_map(fn ($c) => $read($c)[1], $clients), ['plain' => false, 'packed' => false, 'small window' => false]);
$clients['packed']->send("me {$long}");
check('to one alone', array_slice($read($clients['packed']), 0, 3), [1, true, $long]);
array_map(fn ($c) => $c->close(), $clients);
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: plain
ok: packed
ok: small window
ok: a short one
ok: to one alone
ok: ends
