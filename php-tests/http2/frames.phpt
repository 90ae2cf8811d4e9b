--TEST--
HTTP/2: windows, limits, floods, resets, a drain: what clients may do, and what they may not
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Http2Frames as F, Server};

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $server->set(['worker_num' => 1, 'open_http2_protocol' => true, 'max_wait_time' => 5, 'http2_max_concurrent_streams' => 10, 'http2_max_header_list_size' => 4096, 'http2_init_window_size' => 70_000, 'cancel_on_disconnect' => true]);
    $server->on('request', function ($request, $response) {
        $path = $request->server['request_uri'];
        if ($path === '/slow') {
            try {
                Co::sleep(0.4);
            } catch (Swoole\Coroutine\CanceledException) {
                return;
            }
        }
        if ($path === '/forever') {
            echo "begun\n";
            try {
                Co::sleep(30);
            } catch (Swoole\Coroutine\CanceledException) {
                echo "cancelled\n";
                return;
            }
        }
        $response->end($path === '/big' ? str_repeat('b', 200_000) : 'hello ' . strlen($request->rawContent()));
    });
    $server->start();
    PHP);

$c = F::to($server->port);
$settings = $c->until(F::SETTINGS)[3];
$told = [];
foreach (str_split($settings, 6) as $one) {
    $told[unpack('n', $one)[1]] = unpack('N', $one, 2)[1];
}
check('what the settings say', [$told[1], $told[3], $told[4], $told[5], $told[6]], [4096, 10, 70_000, 16_384, 4096]);
$c->request(1, '/');
check('an answer', $c->body(1), 'hello 0');
$c->frame(F::PING, 0, 0, 'abcdefgh');
$ping = $c->until(F::PING);
check('a ping comes back', [$ping[1], $ping[3]], [F::ACK, 'abcdefgh']);

// A window of nothing, opened step by step.
$c = F::to($server->port, pack('nN', 4, 0));
$c->request(1, '/');
check('the head needs no window', $c->until(F::HEADERS, 1)[1] & F::END, 0);
$c->frame(F::WINDOW, 0, 1, pack('N', 3));
check('three bytes', $c->until(F::DATA, 1)[3], 'hel');
$c->frame(F::SETTINGS, 0, 0, pack('nN', 4, 100));
check('the rest', $c->body(1), 'lo 0');
// The window of the whole connection.
$c->frame(F::SETTINGS, 0, 0, pack('nN', 4, 1 << 20));
$c->request(3, '/big');
$sum = 0;
while ($sum < 65_535 - 7 && ($frame = $c->until(F::DATA, 3))) {
    $sum += strlen($frame[3]);
}
check('it stops at 65,535 bytes', $sum, 65_535 - 7);
$c->request(5, '/');
$c->frame(F::PING, 0, 0, 'still up');
check('and the connection goes on', $c->until(F::PING)[3], 'still up');
$c->frame(F::WINDOW, 0, 0, pack('N', 1 << 20));
[$sizes, $ends] = [[3 => $sum, 5 => 0], 0];
while ($ends < 2 && ($frame = $c->until(F::DATA))) {
    $sizes[$frame[2]] += strlen($frame[3]);
    $ends += $frame[1] & F::END;
}
check('then both come to their end', $sizes, [3 => 200_000, 5 => 7]);

// Limits.
$c = F::to($server->port);
for ($stream = 1; $stream <= 19; $stream += 2) {
    $c->request($stream, '/slow');
}
$c->request(21, '/slow');
check('one stream too many is refused', $c->body(21), 'reset: 7');
check('the others are not', $c->body(19), 'hello 0');
$c->request(23, '/', true, ['x' => str_repeat('x', 5000)]);
$c->request(25, '/');
check('too many fields: 431', str_contains($c->until(F::HEADERS, 23)[3], '431'));
check('the next is served', $c->body(25), 'hello 0');
$c->request(27, '/', true, ['Upper' => 'x']);
check('a malformed head resets its stream', $c->body(27), 'reset: 1');
$c->request(29, '/', false, ['content-length' => '3'], 'POST');
$c->frame(F::DATA, F::END, 29, 'four');
check('more than was promised', $c->body(29), 'reset: 1');
$c->request(31, '/', false, [], 'POST');
$c->frame(F::DATA, 0, 31, str_repeat('x', 16_384));
$c->frame(F::DATA, 8 | F::END, 31, "\x05abc" . str_repeat("\0", 5));
check('a body with padding', $c->body(31), 'hello 16387');
$c->request(33, '/', false, [], 'POST');
for ($n = 0; $n < 60; $n++) {
    $c->frame(F::DATA, 0, 33, str_repeat('x', 16_384));
    $n % 3 === 2 && $c->until(F::WINDOW);
}
$c->frame(F::DATA, F::END, 33);
check('windows open for uploads', $c->body(33), 'hello ' . 60 * 16_384);

// Against the rules of the connection.
$bad = function (string $what, callable $do, string $wanted) use ($server) {
    $c = F::to($server->port);
    $do($c);
    check($what, $c->body(9999), $wanted);
};
$bad('data on a stream that was not begun', fn (F $c) => $c->frame(F::DATA, 0, 5, 'x'), 'gone: 1');
$bad('a frame that is too large', fn (F $c) => $c->raw("\x00\x40\x01\x00\x00\x00\x00\x00\x01"), 'gone: 6');
$bad('compression that is none', fn (F $c) => $c->frame(F::HEADERS, 5, 1, "\xff\xff\xff\xff\xff\xff\xff\xff"), 'gone: 9');
$bad('CONTINUATION without end', fn (F $c) => $c->frame(F::HEADERS, 0, 1, 'x') && $c->raw(str_repeat(F::pack(F::CONTINUATION, 0, 1, 'xxxx'), 200)), 'gone: 11');
$bad('pings without end', fn (F $c) => $c->raw(str_repeat(F::pack(F::PING, 0, 0, '12345678'), 5000)), 'gone: 11');
$bad('settings without end', fn (F $c) => $c->raw(str_repeat(F::pack(F::SETTINGS, 0, 0), 5000)), 'gone: 11');
$bad('rapid reset', function (F $c) {
    for ($stream = 1; $stream < 1001; $stream += 2) {
        $c->request($stream, '/slow');
        $c->frame(F::RST, 0, $stream, pack('N', 8));
    }
}, 'gone: 11');
$bad('no HTTP/2 behind the preface', fn (F $c) => $c->raw("GET / HTTP/1.1\r\n\r\n"), 'gone: 6');

// Clients that go.
$c = F::to($server->port);
$c->request(1, '/forever');
$server->waitForLog('begun');
$c->frame(F::RST, 0, 1, pack('N', 8));
$server->waitForLog('cancelled');
check('a handler whose stream was reset is cancelled', true);
$c->request(3, '/');
check('its connection goes on', $c->body(3), 'hello 0');

// The end: what is under way is answered, nothing new is taken.
$c->request(5, '/slow');
usleep(50_000);
$server->signal(15);
check('a good-bye', unpack('N2', $c->until(F::GOAWAY)[3]), [1 => 5, 2 => 0]);
$c->request(7, '/');
check('no new streams', $c->body(7), 'reset: 7');
check('what was under way is answered', $c->body(5), 'hello 0');
check('then the connection ends', $c->next(), null);
check('the end', $server->waitForEnd(), 0);

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'open_http2_protocol' => true, 'heartbeat_idle_time' => 1]);
    $server->on('request', fn ($request, $response) => $response->end('hello'));
    $server->start();
    PHP);
$c = F::to($server->port);
$c->request(1, '/');
$c->body(1);
check('an idle connection is told to go', unpack('N2', $c->until(F::GOAWAY)[3]), [1 => 1, 2 => 0]);
check('and closed', $c->next(), null);
?>
--EXPECT--
ok: what the settings say
ok: an answer
ok: a ping comes back
ok: the head needs no window
ok: three bytes
ok: the rest
ok: it stops at 65,535 bytes
ok: and the connection goes on
ok: then both come to their end
ok: one stream too many is refused
ok: the others are not
ok: too many fields: 431
ok: the next is served
ok: a malformed head resets its stream
ok: more than was promised
ok: a body with padding
ok: windows open for uploads
ok: data on a stream that was not begun
ok: a frame that is too large
ok: compression that is none
ok: CONTINUATION without end
ok: pings without end
ok: settings without end
ok: rapid reset
ok: no HTTP/2 behind the preface
ok: a handler whose stream was reset is cancelled
ok: its connection goes on
ok: a good-bye
ok: no new streams
ok: what was under way is answered
ok: then the connection ends
ok: the end
ok: an idle connection is told to go
ok: and closed
