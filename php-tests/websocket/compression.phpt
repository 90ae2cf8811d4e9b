--TEST--
WebSocket compression (permessage-deflate): agreed on or not, both ways, in parts, bombs
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1, 'websocket_compression' => true, 'package_max_length' => 1_000_000, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('message', fn ($s, $frame) => $s->push($frame->fd, "{$frame->flags} {$frame->data}"));
    $server->start();
    PHP);
function packed(string $text): string
{
    $deflate = deflate_init(ZLIB_ENCODING_RAW);

    return substr(deflate_add($deflate, $text, ZLIB_SYNC_FLUSH), 0, -4);
}
function unpacked(array $frame): string
{
    return ($frame[2] & 4 ? 'packed: ' : 'plain: ') . ($frame[2] & 4 ? inflate_add(inflate_init(ZLIB_ENCODING_RAW), $frame[1] . "\0\0\xff\xff", ZLIB_SYNC_FLUSH) : $frame[1]);
}
$offer = fn (string $offer) => new WebSocketClient($server->port, headers: ['Sec-WebSocket-Extensions' => $offer]);
$c = $offer('x-other, permessage-deflate; client_max_window_bits');
check('agreed', $c->answer->header('sec-websocket-extensions'), 'permessage-deflate; server_no_context_takeover; client_no_context_takeover');
$text = str_repeat('some text ', 100);
foreach (range(1, 3) as $_) {
    $c->send(packed($text), reserved: 4);
    check('both ways', unpacked($c->frameIn()), "packed: 39 {$text}");
}
$c->send('not packed');
check('one that is not packed', unpacked($c->frameIn()), 'packed: 33 not packed');
$packed = packed($text);
$c->connection->send(WebSocketClient::frame(substr($packed, 0, 5), fin: false, reserved: 4) . WebSocketClient::frame('p', WebSocketClient::PING) . WebSocketClient::frame(substr($packed, 5), 0));
check('a ping is never packed', $c->frameIn(), [WebSocketClient::PONG, 'p', 8]);
check('in parts', unpacked($c->frameIn()), "packed: 39 {$text}");
$c->send("\0", reserved: 4);
check('nothing, packed', unpacked($c->frameIn()), 'packed: 39 ');

foreach (['permessage-deflate; server_max_window_bits=8' => null, 'permessage-deflate; unknown=1' => null, 'permessage-deflate; server_max_window_bits=10' => 'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10'] as $offered => $answer) {
    check($offered, $offer($offered)->answer->header('sec-websocket-extensions'), $answer);
}
$c = new WebSocketClient($server->port);
check('not asked for', $c->answer->header('sec-websocket-extensions'), null);
$c->send($text);
check('then nothing is packed', unpacked($c->frameIn()), "plain: 33 {$text}");
$c->send(packed($text), reserved: 4);
check('and nothing packed is taken', $c->receiveClose(), '1002 the frame begins with 0x41: a reserved bit is set that was not agreed on');

$c = $offer('permessage-deflate');
$c->send(packed(str_repeat("\0", 50_000_000)), reserved: 4);
check('a bomb', $c->receiveClose(), '1009 the message is longer than 1000000 bytes');
$c = $offer('permessage-deflate');
$c->send("\xff\xff\xff\xff", reserved: 4);
check('no deflate at all', $c->receiveClose(), "1007 the compressed message can't be unpacked");
?>
--EXPECT--
ok: agreed
ok: both ways
ok: both ways
ok: both ways
ok: one that is not packed
ok: a ping is never packed
ok: in parts
ok: nothing, packed
ok: permessage-deflate; server_max_window_bits=8
ok: permessage-deflate; unknown=1
ok: permessage-deflate; server_max_window_bits=10
ok: not asked for
ok: then nothing is packed
ok: and nothing packed is taken
ok: a bomb
ok: no deflate at all
