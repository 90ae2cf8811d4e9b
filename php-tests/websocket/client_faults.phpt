--TEST--
WebSocket\Client: servers that refuse, hang up, talk garbage, say too much or nothing; time limits, cancelled waits, pings while nobody receives
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/../http_client/serve.php';
use Highper\WebSocket\{Client, ClientConnection};
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, free_port, wait_until};

function shake($peer, array $request, string $more = ''): void
{
    $key = base64_encode(sha1($request['headers']['sec-websocket-key'] . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true));
    fwrite($peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {$key}\r\n{$more}\r\n");
}
function frame(int $first, string $payload, int $mask = 0): string
{
    $length = strlen($payload);
    $head = match (true) { $length < 126 => chr($length | $mask), $length < 65536 => chr(126 | $mask) . pack('n', $length), default => chr(127 | $mask) . pack('J', $length) };
    return chr($first) . $head . ($mask ? "\0\0\0\0" : '') . $payload;
}
/** @return array{int, string, int}|null opcode, payload and first byte of the next frame of the client */
function heard($peer): ?array
{
    $read = function (int $count) use ($peer): string { for ($all = ''; strlen($all) < $count && ! feof($peer);) { $all .= fread($peer, $count - strlen($all)); } return $all; };
    $head = $read(2);
    if (strlen($head) < 2) { return null; }
    $length = ord($head[1]) & 127;
    if ($length === 126) { $length = unpack('n', $read(2))[1]; } elseif ($length === 127) { $length = unpack('J', $read(8))[1]; }
    $mask = ord($head[1]) & 128 ? $read(4) : "\0\0\0\0";
    $payload = $length ? $read($length) : '';
    return [ord($head[0]) & 15, $payload ^ str_pad('', $length, $mask), ord($head[0])];
}

try {
scope(function () {
    $heard = new ArrayObject();
    $port = serve(function ($peer) use ($heard) {
        if (! $request = request($peer)) { return; }
        $path = explode('?', explode(' ', $request['line'])[1])[0];
        switch ($path) {
            case '/hangup': return;
            case '/never': fgets($peer); return;
            case '/busy': fwrite($peer, answer('come back', '503 Service Unavailable')); return;
            case '/away': fwrite($peer, answer('', '302 Found', ['Location' => '/x'])); return;
            case '/page': fwrite($peer, answer('a page')); return;
            case '/garbage': fwrite($peer, "\0\1\2\r\n\r\n"); return;
            case '/accept': fwrite($peer, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"); return;
            case '/other': fwrite($peer, "HTTP/1.1 101 x\r\nUpgrade: tls\r\nConnection: Upgrade\r\n\r\n"); return;
            case '/protocol': shake($peer, $request, "Sec-WebSocket-Protocol: none\r\n"); return;
            case '/extension': shake($peer, $request, "Sec-WebSocket-Extensions: x-own\r\n"); return;
            case '/bits': shake($peer, $request, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=16\r\n"); return;
        }
        if (str_starts_with($path, '/window')) {
            $bits = (int) substr($path, 7);
            shake($peer, $request, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits={$bits}\r\n");
            [$opcode, $payload, $first] = heard($peer);
            $is_packed = ($first & 0x40) !== 0;
            // As far back as was allowed, and no further.
            $text = $is_packed ? inflate_add(inflate_init(ZLIB_ENCODING_RAW, ['window' => $bits]), "{$payload}\0\0\xff\xff", ZLIB_SYNC_FLUSH) : $payload;
            @fwrite($peer, frame(0x81, json_encode([$request['headers']['sec-websocket-extensions'], $is_packed, md5($text)])));
            heard($peer);
            return;
        }
        shake($peer, $request, $path === '/bomb' ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n" : '');
        @fwrite($peer, match ($path) {
            '/masked' => frame(0x81, 'x', 128),
            '/reserved' => frame(0x83, 'x'),
            '/rsv' => frame(0xc1, 'x'),
            '/utf8' => frame(0x81, "\xff"),
            '/continued' => frame(0x80, 'x'),
            '/interrupted' => frame(0x01, 'x') . frame(0x81, 'y'),
            '/long-ping' => frame(0x89, str_repeat('p', 126)),
            '/big' => frame(0x82, str_repeat('b', 2000)),
            '/claims' => substr(frame(0x82, str_repeat('b', 70_000)), 0, 20),
            '/bomb' => frame(0xc2, substr(gzdeflate(str_repeat("\0", 20 << 20), 9), 0, -1)),
            '/bad-code' => frame(0x88, pack('n', 1006)),
            '/half-code' => frame(0x88, 'x'),
            '/cut' => "\x82\x7e\x01",
            '/lost' => '',
            '/json' => frame(0x81, '{"a":'),
            '/no-code' => frame(0x88, ''),
            '/parts' => frame(0x01, 'a') . frame(0x89, 'between') . frame(0x00, 'b') . frame(0x80, 'c'),
            '/late' => frame(0x81, 'first'),
            default => '',
        });
        if (in_array($path, ['/lost', '/cut'], true)) { return; }
        if ($path === '/deaf') { Co::sleep(60); return; }
        if ($path === '/ping') { fwrite($peer, frame(0x81, 'before') . frame(0x89, 'are you there')); }
        while ($frame = heard($peer)) {
            [$opcode, $payload] = $frame;
            $heard[$path] = [...$heard[$path] ?? [], $opcode === 8 ? 'close ' . ($payload === '' ? '' : unpack('n', $payload)[1]) : $payload];
            if ($opcode === 9 && $path !== '/mute') { @fwrite($peer, frame(0x8a, $payload)); }
            if ($opcode === 8) { if ($path !== '/rude') { @fwrite($peer, frame(0x88, $payload)); } return; }
            if ($payload === 'again') { fwrite($peer, frame(0x81, 'second')); }
        }
    });
    $at = "ws://127.0.0.1:{$port}";
    $fails = function (callable $do) use ($at): string {
        try { $do(); return 'nothing'; } catch (Throwable $e) { return substr(strrchr('\\' . $e::class, '\\'), 1) . " {$e->getCode()}: " . str_replace($at, '', $e->getMessage()); }
    };
    foreach (['hangup', 'never', 'busy', 'away', 'page', 'garbage', 'accept', 'other', 'protocol', 'extension', 'bits'] as $what) {
        echo "{$what}: ", $fails(fn () => (new Client("{$at}/{$what}?secret=1", connect_timeout: $what === 'never' ? 0.05 : 5.0))->connect()), "\n";
    }
    foreach ([8, 9, 12, 15] as $bits) {
        $c = (new Client("{$at}/window{$bits}"))->connect();
        // The same comes again 3,000 bytes later: a window of 12 bits has it, one of 9 must not refer to it.
        $c->send($text = ($part = bin2hex(hash('sha512', 'a', true) . str_repeat(hash('sha256', 'b', true), 20))) . bin2hex(implode('', array_map(fn ($i) => md5((string) $i, true), range(1, 90)))) . $part);
        check("a window of {$bits} bits", json_decode($c->receive(5.0)->data), ['permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits', $bits > 8, md5($text)]);
    }
    foreach (['masked', 'reserved', 'rsv', 'utf8', 'continued', 'interrupted', 'long-ping', 'big', 'claims', 'bomb', 'bad-code', 'half-code', 'cut', 'lost'] as $what) {
        $c = (new Client("{$at}/{$what}", max_message: 1000))->connect();
        echo "{$what}: ", $fails(fn () => $c->receive(5.0)), ', ', $c->closeCode(), $c->isOpen() ? ' OPEN' : '', ', ', $fails(fn () => $c->send('x')) === 'nothing' ? 'SENT' : 'over', "\n";
    }
    wait_until(fn () => isset($heard['/masked'], $heard['/big'], $heard['/utf8']), 'what the client says at the end');
    check('the server is told why', [$heard['/masked'], $heard['/utf8'], $heard['/big']], [['close 1002'], ['close 1007'], ['close 1009']]);
    echo $fails(fn () => (new Client('ws://127.0.0.1:' . free_port(), connect_timeout: 2.0))->connect()) === 'nothing' ? 'CONNECTED' : 'nobody listens', "\n";
    echo $fails(fn () => (new Client('ws://127.0.0.1:1', private: false))->connect()), "\n";
    $message = (new Client("{$at}/json"))->connect()->receive(5.0);
    echo $fails(fn () => $message->json()), "\n";
    $c = (new Client("{$at}/no-code"))->connect();
    check('no code', [$c->receive(5.0), $c->closeCode(), $c->closeReason()], [null, 1005, '']);
    $c = (new Client("{$at}/parts"))->connect();
    check('in parts, with a ping between', $c->receive(5.0)->data, 'abc');
    wait_until(fn () => ($heard['/parts'] ?? null) === ['between'], 'the pong');

    foreach ([
        fn () => new Client('http//x'),
        fn () => new Client('ftp://x'),
        fn () => new Client($at, protocols: ['a b']),
        fn () => new Client($at, max_message: '0'),
        fn () => new Client($at, ping: 0.0),
        fn () => new Client($at, proxy: 'ftp://x'),
        fn () => (new Client($at, headers: ["X\r\nY" => 'z']))->connect(),
        fn () => (new Client("{$at}/x"))->connect()->send("\xff"),
        fn () => (new Client("{$at}/x"))->connect()->close(1005),
        fn () => (new Client("{$at}/x"))->connect()->close(1000, str_repeat('r', 124)),
        fn () => (new Client("{$at}/x"))->connect()->receive(0.0),
        fn () => new ClientConnection(),
    ] as $do) {
        echo $fails($do), "\n";
    }

    // Time limits and cancelled waits leave the connection as it is.
    $c = (new Client("{$at}/late"))->connect();
    check('the first', $c->receive(5.0)->data, 'first');
    echo $fails(fn () => $c->receive(0.02)), "\n", $fails(fn () => timeout(0.02, fn () => $c->receive())), "\n";
    echo $fails(fn () => scope(function () use ($c) { async(fn () => $c->receive()); async(function () { Co::sleep(0.01); throw new LogicException('other'); }); })), "\n";
    $c->send('again');
    check('and it goes on', [$c->receive(5.0)->data, $c->isOpen()], ['second', true]);

    // A server that takes nothing.
    $c = (new Client("{$at}/deaf", timeout: 0.2))->connect();
    echo $fails(function () use ($c) { for (;;) { $c->sendBinary(str_repeat('x', 1 << 20)); } }), "\n";
    check('after a part of a message there is no other', [$c->isOpen(), $c->closeCode()], [false, 1006]);
    $c = (new Client("{$at}/rude", timeout: 0.1))->connect();
    $c->close(4000, 'x');
    check('a server that does not say good-bye', [$c->isOpen(), $c->closeCode(), $c->receive()], [false, 1006, null]);

    // Nobody receives, and the ping is answered.
    $c = (new Client("{$at}/ping"))->connect();
    wait_until(fn () => ($heard['/ping'] ?? null) === ['are you there'], 'the pong while nobody receives', 10);
    check('what came meanwhile is there', $c->receive(5.0)->data, 'before');
    // A server that is silent is asked, and given up.
    $c = (new Client("{$at}/mute", ping: 0.4))->connect();
    echo $fails(fn () => $c->receive(20.0)), "\n";
    check('it was asked', $heard['/mute'], ['']);
    $c = (new Client("{$at}/alive", ping: 0.4))->connect();
    echo $fails(fn () => $c->receive(2.5)), "\n";
    check('one that answers stays', [count($heard['/alive']) >= 1, $c->isOpen()], [true, true]);

    // Letting go of one closes it.
    $c = (new Client("{$at}/dropped"))->connect();
    unset($c);
    wait_until(fn () => ($heard['/dropped'] ?? null) === ['close 1001'], 'the good-bye of a connection that was let go');
    throw new Exception('enough');
});
} catch (Exception $e) { echo $e->getMessage(), "\n"; }
?>
--EXPECT--
hangup: ClientConnectException 0: /hangup: the server closed the connection before it answered
never: ClientTimeoutException 0: /never: no WebSocket within 0.05 s (connect_timeout)
busy: ClientConnectException 503: /busy: the server answered the handshake with status 503
away: ClientConnectException 302: /away: the server answered the handshake with status 302
page: ClientConnectException 200: /page: the server answered the handshake with status 200
garbage: ClientProtocolException 0: /garbage: the response is not HTTP/1.1
accept: ClientProtocolException 0: /accept: the server's handshake does not answer ours (Sec-WebSocket-Accept)
other: ClientProtocolException 0: /other: the server's handshake is no upgrade to a WebSocket
protocol: ClientProtocolException 0: /protocol: the server's handshake chose a subprotocol that was not offered
extension: ClientProtocolException 0: /extension: the server's handshake fails: the server answered with an extension, or parameters of one, that were not offered
bits: ClientProtocolException 0: /bits: the server's handshake fails: the server answered with an extension, or parameters of one, that were not offered
ok: a window of 8 bits
ok: a window of 9 bits
ok: a window of 12 bits
ok: a window of 15 bits
masked: ClientProtocolException 0: /masked: a frame from a server is masked, 1002, over
reserved: ClientProtocolException 0: /reserved: the opcode 3 is reserved, 1002, over
rsv: ClientProtocolException 0: /rsv: the frame begins with 0x41: a reserved bit is set that was not agreed on, 1002, over
utf8: ClientProtocolException 0: /utf8: the text is not valid UTF-8, 1007, over
continued: ClientProtocolException 0: /continued: a continuation frame came where no message was under way, 1002, over
interrupted: ClientProtocolException 0: /interrupted: a new message began before the end of the one under way, 1002, over
long-ping: ClientProtocolException 0: /long-ping: a control frame is longer than 125 bytes, 1002, over
big: ClientProtocolException 0: /big: a message has more than 1000 bytes (max_message), 1009, over
claims: ClientProtocolException 0: /claims: a message has more than 1000 bytes (max_message), 1009, over
bomb: ClientProtocolException 0: /bomb: a message has more than 1000 bytes (max_message), 1009, over
bad-code: ClientProtocolException 0: /bad-code: the close code 1006 must not be sent, 1002, over
half-code: ClientProtocolException 0: /half-code: a close frame has half a code, 1002, over
cut: ClientConnectException 0: /cut: the server closed the connection without a good-bye, 1006, over
lost: ClientConnectException 0: /lost: the server closed the connection without a good-bye, 1006, over
ok: the server is told why
nobody listens
ClientException 0: ws://127.0.0.1:1 has the address 127.0.0.1, which is not on the public internet, and private: false forbids that
ClientProtocolException 0: the server's message is no JSON
ok: no code
ok: in parts, with a ping between
ClientException 0: an address of a WebSocket is written ws://host/path or wss://host/path
ClientException 0: a WebSocket is not spoken by the scheme 'ftp': write ws://host/path or wss://host/path
ClientException 0: protocols must be a list of names without blanks and commas, array given
ClientException 0: max_message must be a size greater than 0, as 65536 or '64M', string given
ClientException 0: ping must be greater than 0 seconds, or null for no limit, float given
ClientException 0: proxy: a proxy of the scheme 'ftp' is not known: write http://host:3128 or socks5://host:1080
ClientException 0: the handshake can't be sent: a method, path or header with characters that would end it early: line ends, NUL, or blanks in a name
ValueError 0: Highper\WebSocket\ClientConnection::send(): Argument #1 ($text) must be UTF-8; sendBinary() sends other bytes
ValueError 0: Highper\WebSocket\ClientConnection::close(): Argument #1 ($code) must be a code that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999; 1005 given
ValueError 0: Highper\WebSocket\ClientConnection::close(): Argument #2 ($reason) must have 123 bytes at most, 124 given
ValueError 0: Highper\WebSocket\ClientConnection::receive(): Argument #1 ($timeout) must be greater than 0 seconds, or null for no limit
Error 0: The object of Highper\WebSocket\ClientConnection can not be created for security reasons
ok: the first
ClientTimeoutException 0: it took longer than it may (timeout)
DeadlineException 0: the time for this is over
LogicException 0: other
ok: and it goes on
ClientTimeoutException 0: /deaf: it took longer than it may (timeout)
ok: after a part of a message there is no other
ok: a server that does not say good-bye
ok: what came meanwhile is there
ClientConnectException 0: /mute: the server has not said anything for 0.8 s (ping)
ok: it was asked
ClientTimeoutException 0: it took longer than it may (timeout)
ok: one that answers stays
enough
