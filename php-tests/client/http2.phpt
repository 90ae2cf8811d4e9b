--TEST--
Coroutine\Http2\Client: streams in any order, pieces, windows, servers that go and that break the rules
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/raw.php';
use Swoole\Coroutine\Http2\Client;
use Swoole\Coroutine\Socket;
use Swoole\Http2\{Request, Response};
use function HighperTest\check;

const DATA = SWOOLE_HTTP2_TYPE_DATA, HEADERS = SWOOLE_HTTP2_TYPE_HEADERS, RST = SWOOLE_HTTP2_TYPE_RST_STREAM;
const SETTINGS = SWOOLE_HTTP2_TYPE_SETTINGS, PING = SWOOLE_HTTP2_TYPE_PING, GOAWAY = SWOOLE_HTTP2_TYPE_GOAWAY;
const WINDOW = SWOOLE_HTTP2_TYPE_WINDOW_UPDATE;
const END = 1, END_HEADERS = 4;

function h2(int $type, int $flags, int $stream, string $payload = ''): string
{
    return substr(pack('N', strlen($payload)), 1) . chr($type) . chr($flags) . pack('N', $stream) . $payload;
}

/** Fields that are put into no table, in plain text. */
function fields(array $fields): string
{
    $block = '';
    foreach ($fields as $name => $values) {
        foreach ((array) $values as $value) {
            $block .= "\0" . chr(strlen($name)) . $name . chr(strlen($value)) . $value;
        }
    }
    return $block;
}

function head(int $stream, array $fields = [], int $flags = END_HEADERS): string
{
    return h2(HEADERS, $flags, $stream, fields([':status' => '200'] + $fields));
}

/** The next frame of the client's that is not about settings: type, flags, stream, payload. */
function next_frame(Socket $peer): ?array
{
    do {
        $head = $peer->recvAll(9, 2);
        if ($head === false || strlen($head) < 9) {
            return null;
        }
        ['length' => $length, 'type' => $type, 'flags' => $flags, 'stream' => $stream] = unpack('Nlength', "\0" . substr($head, 0, 3)) + unpack('Ctype/Cflags/Nstream', substr($head, 3));
        $payload = $length ? $peer->recvAll($length, 2) : '';
    } while ($type === SETTINGS);
    return [$type, $flags, $stream, $payload];
}

/** A connected client against a server that, after both sides' greetings, does $serve. */
function against_h2(callable $serve, string $settings = '', array $own = []): Client
{
    [$listener, $port] = listen(function (Socket $peer) use ($serve, $settings) {
        $GLOBALS['preface'] = $peer->recvAll(24);
        $peer->sendAll(h2(SETTINGS, 0, 0, $settings));
        $serve($peer);
    });
    $client = new Client('127.0.0.1', $port);
    $client->set($own + ['timeout' => 1]);
    check('connected', $client->connect());
    $listener->close();
    return $client;
}

function ask(string $path = '/', string $data = '', bool $pipeline = false): Request
{
    $request = new Request();
    [$request->path, $request->data, $request->pipeline] = [$path, $data, $pipeline];
    return $request;
}

Co\run(function () {
    $seen = [];
    $client = against_h2(function (Socket $peer) use (&$seen) {
        foreach ([1, 2, 3] as $_) {
            $seen[] = next_frame($peer);
        }
        $peer->sendAll(h2(PING, 0, 0, '12345678'));
        $answer = head(5, ['a' => 'b', 'set-cookie' => ['x=1%20; path=/', 'y=2']]) . h2(DATA, 0, 5, 'fi') . head(1, ['content-encoding' => 'gzip'])
            . h2(DATA, END, 5, 've') . h2(DATA, END, 1, gzencode('one')) . h2(HEADERS, END | END_HEADERS, 3, "\x89");
        foreach (str_split($answer, 10) as $piece) {
            $peer->sendAll($piece);
        }
        $seen[] = next_frame($peer);
        while (next_frame($peer));
    });
    $request = ask('/one');
    $request->headers = ['X-Upper' => 'v', 'Connection' => 'close', 'Host' => 'other.test', 'n' => 5];
    $request->cookies = ['c' => 'a b'];
    check('streams', [$client->send($request), $client->send(ask('/two')), $client->send(ask('/three'))], [1, 3, 5]);
    check('exist', [$client->isStreamExist(3), $client->isStreamExist(7), $client->isStreamExist(0)], [true, false, true]);
    $response = $client->recv();
    check('the first that is complete', [$response::class, $response->streamId, $response->statusCode, $response->data, $response->pipeline], [Response::class, 5, 200, 'five', false]);
    check('its headers', [$response->headers, $response->cookies, $response->set_cookie_headers], [['a' => 'b', 'set-cookie' => 'y=2'], ['x' => '1 ', 'y' => '2'], ['x=1%20; path=/', 'y=2']]);
    check('preface', $GLOBALS['preface'], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    $response = $client->recv();
    check('unpacked', [$response->streamId, $response->data], [1, 'one']);
    $response = $client->recv();
    check('204', [$response->streamId, $response->statusCode, $response->data, $response->headers], [3, 204, null, []]);
    check('nothing more', [$client->recv(0.02), $client->errCode, $client->connected], [false, SOCKET_ETIMEDOUT, true]);
    check('frames', array_map(fn ($frame) => array_slice($frame, 0, 3), $seen), [[HEADERS, 5, 1], [HEADERS, 5, 3], [HEADERS, 5, 5], [PING, 1, 0]]);
    check('ping was answered', $seen[3][3], '12345678');
    check('fields that were sent before are short', strlen($seen[2][3]) < strlen($seen[1][3]));
    check('stats', [$client->stats('current_stream_id'), $client->stats('last_stream_id'), $client->stats('active_stream_num'), $client->stats()['remote_settings']['max_frame_size']], [7, 5, 0, 16384]);
    check('connect twice', [$client->connect(), $client->errCode], [false, SOCKET_EISCONN]);
    check('close', [$client->close(), $client->connected, $client->close()], [true, false, false]);
    check('no connection', [$client->send(ask()), $client->errCode, $client->recv()], [false, SWOOLE_ERROR_CLIENT_NO_CONNECTION, false]);

    // Pieces both ways, and fields behind the body.
    $seen = [];
    $client = against_h2(function (Socket $peer) use (&$seen) {
        do {
            $seen[] = $frame = next_frame($peer);
        } while (!($frame[1] & END));
        $peer->sendAll(head(1, ['a' => 'b']) . h2(DATA, 0, 1, 'first'));
        Co::sleep(0.01);
        $peer->sendAll(h2(DATA, 0, 1, 'second'));
        Co::sleep(0.01);
        $peer->sendAll(h2(HEADERS, END | END_HEADERS, 1, fields(['grpc-status' => '0'])));
        while (next_frame($peer));
    });
    $stream = $client->send(ask('/', 'body ', true));
    check('write', [$client->write($stream, 'goes '), $client->write($stream, ['on' => 1], true), $client->write($stream, 'x'), $client->errCode], [true, true, false, SOCKET_EINVAL]);
    $pieces = [];
    do {
        $pieces[] = $piece = $client->read();
    } while ($piece->pipeline);
    check('pieces', array_map(fn ($piece) => [$piece->data, $piece->headers, $piece->statusCode], $pieces), [['first', ['a' => 'b'], 200], ['second', null, 0], [null, ['grpc-status' => '0'], 0]]);
    check('body', [array_column($seen, 0), implode('', array_column(array_slice($seen, 1), 3))], [[HEADERS, DATA, DATA, DATA], 'body goes on=1']);

    // The server's windows are kept to, and its limits.
    $sizes = [];
    $client = against_h2(function (Socket $peer) use (&$sizes) {
        next_frame($peer);
        for ($total = 0; $total < 100_000; $total += strlen($data)) {
            [, , , $data] = next_frame($peer);
            $sizes[] = strlen($data);
            $peer->sendAll(h2(WINDOW, 0, 0, pack('N', strlen($data))) . h2(WINDOW, 0, 1, pack('N', strlen($data))));
        }
        $peer->sendAll(head(1, [], END | END_HEADERS));
        while (next_frame($peer));
    }, pack('nN', 4, 1000) . pack('nN', 3, 1));
    check('settings are read', [$client->recv(0.02), $client->errCode], [false, SOCKET_ETIMEDOUT]);
    check('large body', $client->send(ask('/', str_repeat('x', 100_000))), 1);
    $response = $client->recv();
    check('arrived', [$response->statusCode, array_sum($sizes)], [200, 100_000]);
    check('by its settings', [$client->stats('remote_settings')['init_window_size'], $client->stats('remote_settings')['max_concurrent_streams'], max($sizes)], [1000, 1, 1000]);
    $client->close();

    // Much comes: windows are opened.
    $large = random_bytes(1_000_000);
    $client = against_h2(function (Socket $peer) use ($large) {
        next_frame($peer);
        $peer->sendAll(head(1));
        $window = [0 => 65535, 1 => 65535];
        foreach (str_split($large, 16384) as $data) {
            while (min($window) < strlen($data)) {
                [, , $stream, $more] = next_frame($peer);
                $window[$stream] += unpack('N', $more)[1];
            }
            $peer->sendAll(h2(DATA, 0, 1, $data));
            $window = array_map(fn ($left) => $left - strlen($data), $window);
        }
        $peer->sendAll(h2(DATA, END, 1));
        while (next_frame($peer));
    });
    $client->send(ask());
    check('large response', $client->recv()->data === $large);

    // Streams given up, a server that goes.
    $client = against_h2(function (Socket $peer) {
        foreach ([1, 2, 3] as $_) {
            next_frame($peer);
        }
        $peer->sendAll(h2(RST, 0, 3, pack('N', 8)) . h2(GOAWAY, 0, 0, pack('NN', 3, 0) . 'bye') . head(1) . h2(DATA, END, 1, 'last'));
        while (next_frame($peer));
    });
    foreach ([1, 2, 3] as $_) {
        $client->send(ask());
    }
    $response = $client->recv();
    check('reset', [$response->streamId, $response->statusCode, $response->errCode], [3, SWOOLE_HTTP_CLIENT_ESTATUS_SERVER_RESET, SWOOLE_HTTP2_ERROR_CANCEL]);
    $response = $client->recv();
    check('not begun', [$response->streamId, $response->errCode], [5, SWOOLE_HTTP2_ERROR_REFUSED_STREAM]);
    $response = $client->recv();
    check('what it had begun', [$response->streamId, $response->data], [1, 'last']);
    check('gone', [$client->errCode, $client->errMsg, $client->serverLastStreamId], [0, 'bye', 3]);
    check('takes no more', [$client->send(ask()), $client->errCode], [false, SWOOLE_ERROR_HTTP2_STREAM_ID_TOO_BIG]);
    check('over', [$client->recv(), $client->connected], [false, false]);

    // What is not HTTP/2, and ends in the middle.
    foreach ([
        'garbage' => ["HTTP/1.1 400 Bad Request\r\n\r\n", SWOOLE_ERROR_PROTOCOL_ERROR],
        'a frame too large' => [head(1) . h2(DATA, 0, 1, str_repeat('x', 16385)), SWOOLE_ERROR_PROTOCOL_ERROR],
        'a number of no field' => [h2(HEADERS, END_HEADERS, 1, "\xfe"), SWOOLE_ERROR_PROTOCOL_ERROR],
        'a push' => [h2(5, END_HEADERS, 1, pack('N', 2)), SWOOLE_ERROR_PROTOCOL_ERROR],
        'too many fields' => [h2(HEADERS, END_HEADERS, 1, "\x88\x40\x01a\x7f\x80\x1e" . str_repeat('x', 3967) . str_repeat("\xbe", 9000)), SWOOLE_ERROR_PROTOCOL_ERROR],
        'the end' => [head(1) . h2(DATA, 0, 1, 'ha'), SOCKET_ECONNRESET],
    ] as $name => [$bytes, $code]) {
        $client = against_h2(function (Socket $peer) use ($bytes) {
            next_frame($peer);
            $peer->sendAll($bytes);
            Co::sleep(0.02);
        });
        $client->send(ask());
        check($name, [$client->recv(), $client->errCode, $client->connected], [false, $code, false]);
    }

    // Cancelled, and closed by another coroutine.
    foreach (['cancel', 'close'] as $how) {
        $client = against_h2(function (Socket $peer) {
            while (next_frame($peer));
        });
        $client->send(ask());
        $result = null;
        $id = go(function () use ($client, &$result) {
            $result = [$client->recv(), $client->errCode, $client->connected];
        });
        Co::sleep(0.01);
        $how === 'cancel' ? Co::cancel($id) : $client->close();
        Co::sleep(0.01);
        check($how, $result, [false, SOCKET_ECANCELED, false]);
    }
    foreach ([['/', ["a\r\nb" => 'c']], ['/', ['a' => "b\r\nc: d"]], ["/\r\nx", []]] as [$path, $headers]) {
        $client = against_h2(fn (Socket $peer) => Co::sleep(0.01));
        $request = ask($path);
        $request->headers = $headers;
        check('refused', [$client->send($request), $client->errCode], [false, SWOOLE_ERROR_INVALID_PARAMS]);
    }
});
echo "done\n";
?>
--EXPECT--
ok: connected
ok: streams
ok: exist
ok: the first that is complete
ok: its headers
ok: preface
ok: unpacked
ok: 204
ok: nothing more
ok: frames
ok: ping was answered
ok: fields that were sent before are short
ok: stats
ok: connect twice
ok: close
ok: no connection
ok: connected
ok: write
ok: pieces
ok: body
ok: connected
ok: settings are read
ok: large body
ok: arrived
ok: by its settings
ok: connected
ok: large response
ok: connected
ok: reset
ok: not begun
ok: what it had begun
ok: gone
ok: takes no more
ok: over
ok: connected
ok: garbage
ok: connected
ok: a frame too large
ok: connected
ok: a number of no field
ok: connected
ok: a push
ok: connected
ok: too many fields
ok: connected
ok: the end
ok: connected
ok: cancel
ok: connected
ok: close
ok: connected
ok: refused
ok: connected
ok: refused
ok: connected
ok: refused
done
