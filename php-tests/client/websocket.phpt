--TEST--
Coroutine\Http\Client: WebSocket frames of all kinds, broken ones, time-outs, two at once, pings meanwhile
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/raw.php';
use Swoole\Coroutine\Http\Client;
use Swoole\Coroutine\Socket;
use Swoole\WebSocket\{CloseFrame, Frame};
use function HighperTest\check;

/** One frame as a server sends it. */
function frame(int $opcode, string $data = '', bool $fin = true, int $bits = 0): string
{
    $length = strlen($data);
    $head = chr(($fin ? 0x80 : 0) | $bits | $opcode);
    return $head . ($length < 126 ? chr($length) : ($length < 65536 ? "\x7e" . pack('n', $length) : "\x7f" . pack('J', $length))) . $data;
}

/** The next frame that the client sends: first byte, masked?, payload. */
function take(Socket $peer): ?array
{
    $head = $peer->recvAll(2, 2);
    if ($head === false || strlen($head) < 2) {
        return null;
    }
    [, $first, $second] = unpack('C2', $head);
    $length = $second & 127;
    if ($length > 125) {
        $length = $length === 126 ? unpack('n', $peer->recvAll(2))[1] : unpack('J', $peer->recvAll(8))[1];
    }
    $key = $second & 128 ? $peer->recvAll(4) : "\0\0\0\0";
    $data = $length ? $peer->recvAll($length) : '';
    return [$first, (bool) ($second & 128), $data ^ str_pad('', strlen($data), $key)];
}

/** A client that has upgraded against a server that then does $serve. */
function open(callable $serve, array $settings = [], string $fields = ''): array
{
    [$listener, $port] = listen(function (Socket $peer) use ($serve, $fields) {
        preg_match('/Sec-WebSocket-Key: (\S+)/', $GLOBALS['asked'] = request($peer), $found);
        $accept = base64_encode(sha1($found[1] . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true));
        $serve($peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {$accept}\r\n{$fields}\r\n");
    });
    $client = new Client('127.0.0.1', $port);
    $client->set($settings + ['timeout' => 1]);
    $done = $client->upgrade('/chat');
    $listener->close();
    return [$client, $done];
}

Co\run(function () {
    // The first frames come with the response.
    [$client, $done] = open(function (Socket $peer, string $head) {
        $peer->sendAll($head . frame(1, 'first') . substr(frame(2, "\xff\x00"), 0, 1));
        Co::sleep(0.01);
        $peer->sendAll(substr(frame(2, "\xff\x00"), 1));
        $large = str_repeat('0123456789', 20_000);
        foreach (str_split(frame(1, 'a', false) . frame(9, 'ping') . frame(0, 'b', false) . frame(0, 'c') . frame(1, $large) . frame(10, 'x') . frame(1, ''), 50_000) as $piece) {
            $peer->sendAll($piece);
        }
        check('ping was answered', take($peer), [0x8a, true, 'ping']);
        while ([$first, $masked, $data] = take($peer)) {
            $peer->sendAll(frame(1, sprintf('%02x %d %s', $first, $masked, strlen($data) > 99 ? strlen($data) : $data)));
        }
    });
    check('upgraded', [$done, $client->statusCode, $client->connected, $client->headers['upgrade']], [true, 101, true, 'websocket']);
    check('asked for it', preg_match("~^GET /chat HTTP/1.1\r\n(.*\r\n)*Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r\n~", $GLOBALS['asked']), 1);
    $frame = $client->recv();
    check('text', [$frame::class, $frame->data, $frame->opcode, $frame->flags, $frame->finish, $frame->fd], [Frame::class, 'first', 1, 1, true, $client->socket->fd]);
    $frame = $client->recv();
    check('binary, cut in its head', [$frame->data, $frame->opcode], ["\xff\x00", 2]);
    check('three parts and a ping', $client->recv()->data, 'abc');
    check('large', strlen($client->recv()->data), 200_000);
    check('empty', $client->recv()->data, '');
    foreach ([['text', 1, 1], ['bin', 2, 1], ['part', 1, 0], ['rest', 0, 1], [str_repeat('x', 70_000), 2, 1]] as $push) {
        check('push', $client->push(...$push), true);
        check('arrived masked', $client->recv()->data, sprintf('%02x 1 %s', $push[1] | ($push[2] ? 0x80 : 0), strlen($push[0]) > 99 ? 70_000 : $push[0]));
    }
    $own = new Frame();
    [$own->data, $own->opcode] = ['mine', SWOOLE_WEBSOCKET_OPCODE_BINARY];
    check('a frame object', [$client->push($own), $client->recv()->data], [true, '82 1 mine']);
    check('no such opcode', [@$client->push('x', 11), $client->errCode], [false, SWOOLE_ERROR_WEBSOCKET_PACK_FAILED]);
    $start = microtime(true);
    check('nothing comes', [$client->recv(0.05), $client->errCode, $client->connected, microtime(true) - $start < 0.5], [false, SOCKET_ETIMEDOUT, true, true]);
    check('and it goes on', [$client->push('on'), $client->recv()->data], [true, '81 1 on']);

    // One coroutine receives while another sends, and is answered.
    $got = [];
    go(function () use ($client, &$got) {
        while ($frame = $client->recv(1)) {
            $got[] = $frame->data;
        }
        $got[] = $client->errCode;
    });
    $client->push('one');
    $client->push('two');
    Co::sleep(0.02);
    check('disconnect', [$client->disconnect(1000, 'bye'), $client->connected], [true, false]);
    Co::sleep(0.01);
    check('all of it', $got, ['81 1 one', '81 1 two', SOCKET_ECANCELED]);
    check('no connection', [$client->push('x'), $client->errCode, $client->recv()], [false, SWOOLE_ERROR_CLIENT_NO_CONNECTION, false]);

    // Control frames that are shown, unmasked sending, the end.
    [$client] = open(function (Socket $peer, string $head) {
        $peer->sendAll($head . frame(9, 'p') . frame(10, 'q') . frame(8, pack('n', 1001) . 'gone'));
        $GLOBALS['seen'] = take($peer);
    }, ['open_websocket_ping_frame' => true, 'open_websocket_pong_frame' => true, 'open_websocket_close_frame' => true, 'websocket_mask' => false]);
    check('shown', array_map(fn () => (array) $client->recv(), [1, 2]), [
        ['fd' => $client->socket->fd, 'data' => 'p', 'opcode' => 9, 'flags' => 1, 'finish' => true],
        ['fd' => $client->socket->fd, 'data' => 'q', 'opcode' => 10, 'flags' => 1, 'finish' => true],
    ]);
    $frame = $client->recv();
    check('close', [$frame::class, $frame->code, $frame->reason], [CloseFrame::class, 1001, 'gone']);
    $client->ping('hello');
    Co::sleep(0.01);
    check('not masked', $GLOBALS['seen'], [0x89, false, 'hello']);
    check('the end', [$client->recv(), $client->connected], ['', false]);

    // A close frame that is not shown is answered.
    [$client] = open(function (Socket $peer, string $head) {
        $peer->sendAll($head . frame(8, pack('n', 1000) . 'bye'));
        $GLOBALS['seen'] = take($peer);
    });
    check('closed', [$client->recv(), $client->connected, $GLOBALS['seen']], ['', false, [0x88, true, pack('n', 1000) . 'bye']]);

    // Compression, when both want it.
    $deflate = fn (string $text) => substr(gzdeflate($text . str_repeat(' ', 300), 9, ZLIB_ENCODING_RAW), 0, 0) ?: (function () use ($text) {
        $context = deflate_init(ZLIB_ENCODING_RAW);
        return substr(deflate_add($context, $text, ZLIB_SYNC_FLUSH), 0, -4);
    })();
    $text = str_repeat('compress me ', 100);
    [$client] = open(function (Socket $peer, string $head) use ($deflate, $text) {
        $packed = $deflate($text);
        $peer->sendAll($head . frame(1, $packed, true, 0x40) . frame(1, substr($packed, 0, 9), false, 0x40) . frame(0, substr($packed, 9)));
        [$first, , $data] = take($peer);
        $GLOBALS['seen'] = [$first, gzinflate($data . "\0\0\xff\xff\x01\0\0\xff\xff")];
    }, ['websocket_compression' => true], "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n");
    $frame = $client->recv();
    check('unpacked', [$frame->data === $text, $frame->flags], [true, SWOOLE_WEBSOCKET_FLAG_FIN | SWOOLE_WEBSOCKET_FLAG_RSV1 | SWOOLE_WEBSOCKET_FLAG_COMPRESS]);
    check('in parts', $client->recv()->data === $text);
    $client->push($text);
    Co::sleep(0.01);
    check('packed', $GLOBALS['seen'], [0xc1, $text]);

    // What breaks the rules ends the connection.
    Co::set(['log_file' => '/dev/null']);
    foreach ([
        'a continuation alone' => [frame(0, 'x'), SWOOLE_ERROR_PROTOCOL_ERROR],
        'a message in a message' => [frame(1, 'x', false) . frame(1, 'y'), SWOOLE_ERROR_PROTOCOL_ERROR],
        'a reserved bit' => [frame(1, 'x', true, 0x20), SWOOLE_ERROR_PROTOCOL_ERROR],
        'compressed, not agreed' => [frame(1, 'x', true, 0x40), SWOOLE_ERROR_PROTOCOL_ERROR],
        'a long ping' => [frame(9, str_repeat('x', 126)), SWOOLE_ERROR_PROTOCOL_ERROR],
        'a ping in parts' => [frame(9, 'x', false), SWOOLE_ERROR_PROTOCOL_ERROR],
        'an endless length' => ["\x82\x7f" . pack('J', PHP_INT_MAX), SWOOLE_ERROR_PACKAGE_LENGTH_TOO_LARGE],
        'too long' => [frame(2, str_repeat('x', 2000)), SWOOLE_ERROR_PACKAGE_LENGTH_TOO_LARGE],
        'too long in parts' => [frame(2, str_repeat('x', 800), false) . frame(0, str_repeat('x', 800)), SWOOLE_ERROR_PACKAGE_LENGTH_TOO_LARGE],
        'half a frame' => [substr(frame(1, 'hello'), 0, 4), 0],
    ] as $name => [$bytes, $code]) {
        [$client] = open(fn (Socket $peer, string $head) => [$peer->sendAll($head . $bytes), Co::sleep(0.01)], ['package_max_length' => 1000]);
        $client->errCode = 0;
        check($name, [$client->recv(), $client->errCode, $client->connected], [$code ? false : '', $code, false]);
    }

    // No WebSocket.
    [$client, $done] = open(fn (Socket $peer) => $peer->sendAll("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"));
    check('refused', [$done, $client->statusCode], [true, 403]);
    check('no push', [@$client->push('x'), $client->errCode, $client->statusCode], [false, SWOOLE_ERROR_WEBSOCKET_HANDSHAKE_FAILED, SWOOLE_HTTP_CLIENT_ESTATUS_CONNECT_FAILED]);
    check('no ping', $client->ping(), false);
    check('nor disconnect', $client->disconnect(), false);

    // A good-bye that nobody may say is not said back.
    foreach (['of no code' => [pack('n', 1005), 1002], 'of a byte' => ["\x03", 1002], 'of no text' => [pack('n', 1000) . "\xff", 1007], 'in order' => [pack('n', 4000) . 'why', 4000]] as $what => [$payload, $code]) {
        $answer = new Co\Channel(1);
        [$client] = open(function (Socket $peer, string $head) use ($payload, $answer) {
            $peer->sendAll($head . frame(8, $payload));
            $answer->push(take($peer)[2] ?? '');
        });
        $client->recv(2);
        check("a close frame {$what}", unpack('n', $answer->pop(2))[1], $code);
        $client->close();
    }
});
echo "done\n";
?>
--EXPECT--
ok: upgraded
ok: asked for it
ok: text
ok: binary, cut in its head
ok: three parts and a ping
ok: large
ok: empty
ok: push
ok: ping was answered
ok: arrived masked
ok: push
ok: arrived masked
ok: push
ok: arrived masked
ok: push
ok: arrived masked
ok: push
ok: arrived masked
ok: a frame object
ok: no such opcode
ok: nothing comes
ok: and it goes on
ok: disconnect
ok: all of it
ok: no connection
ok: shown
ok: close
ok: not masked
ok: the end
ok: closed
ok: unpacked
ok: in parts
ok: packed
ok: a continuation alone
ok: a message in a message
ok: a reserved bit
ok: compressed, not agreed
ok: a long ping
ok: a ping in parts
ok: an endless length
ok: too long
ok: too long in parts
ok: half a frame
ok: refused
ok: no push
ok: no ping
ok: nor disconnect
ok: a close frame of no code
ok: a close frame of a byte
ok: a close frame of no text
ok: a close frame in order
done
