--TEST--
Http\Client: HTTP/2 by ALPN, many requests on one connection; certificates; servers that go away, reset streams or break the rules
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/serve.php';
use Highper\Http\Client;
use HighperTest\{Certificates, Http2Frames as F};
use Swoole\Coroutine\Http\Server;
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, temp_path};

$certificates = new Certificates();
$certificates->leaf('one', 'localhost');
$certificates->leaf('other', 'other.test');

/** A server of frames: after the handshake each stream that begins is given to $each with what sends frames. */
$frames = function (callable $each) use ($certificates): int {
    $context = stream_context_create(['ssl' => ['local_cert' => $certificates->path('one.crt'), 'local_pk' => $certificates->path('one.key'), 'alpn_protocols' => 'h2']]);
    $listener = stream_socket_server('tls://127.0.0.1:0', $code, $text, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
    $number = 0;
    async(function () use ($listener, $each, &$number) {
        while ($peer = @stream_socket_accept($listener, 60)) {
            $own = ++$number;
            async(function () use ($peer, $each, $own) {
                $read = function (int $size) use ($peer): ?string {
                    for ($bytes = ''; strlen($bytes) < $size; $bytes .= $more) {
                        $more = @fread($peer, $size - strlen($bytes));
                        if ($more === '' || $more === false) {
                            return null;
                        }
                    }
                    return $bytes;
                };
                $send = fn (int $kind, int $flags, int $stream, string $payload = '') => @fwrite($peer, F::pack($kind, $flags, $stream, $payload));
                $read(24);
                $send(F::SETTINGS, 0, 0);
                while ($head = $read(9)) {
                    $length = unpack('N', "\0" . substr($head, 0, 3))[1];
                    $kind = ord($head[3]);
                    $stream = unpack('N', substr($head, 5))[1];
                    $length && $read($length);
                    if ($kind === F::HEADERS && $each($send, $stream, $own, $peer) === false) {
                        break;
                    }
                }
                is_resource($peer) && fclose($peer);
            });
        }
    });
    return (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
};

try {
scope(function () use ($certificates, $frames) {
    $server = new Server('127.0.0.1', 0, true);
    $server->set(['package_max_length' => 4 << 20, 'open_http2_protocol' => true, 'ssl_cert_file' => $certificates->path('one.crt'), 'ssl_key_file' => $certificates->path('one.key')]);
    $server->handle('/', function ($request, $response) {
        usleep(5_000);
        $response->header('X-Path', $request->server['request_uri']);
        $response->end(json_encode([$request->server['server_protocol'], $request->server['request_method'], $request->server['query_string'] ?? null, $request->header['x-app'] ?? null, md5($request->rawContent())]));
    });
    $server->handle('/big', fn ($request, $response) => $response->end(str_repeat('b', 3 << 20)));
    async(fn () => $server->start());
    $at = "https://localhost:{$server->port}";
    $ca = $certificates->path('ca.crt');
    $client = new Client(base: $at, headers: ['X-App' => 'test'], verify: $ca);
    $got = $client->get('/x', ['q' => 1]);
    check('HTTP/2', [$got->version, $got->status, $got->header('X-Path'), $got->json()], ['2', 200, '/x', ['HTTP/2', 'GET', 'q=1', 'test', md5('')]]);
    $body = random_bytes(3 << 20);
    check('an upload', $client->post('/x', body: $body)->json()[4], md5($body));
    check('a generator', $client->put('/x', body: (function () { yield 'ab'; yield 'cd'; })())->json()[4], md5('abcd'));
    file_put_contents(temp_path('up'), substr($body, 0, 300_000));
    check('a form with a file', $client->post('/x', multipart: ['f' => ['path' => temp_path('up')]])->status, 200);
    check('HEAD', $client->head('/x')->body(), '');
    $length = 0;
    foreach ($client->get('/big', stream: true)->stream() as $piece) {
        $length += strlen($piece);
    }
    check('a large answer in pieces', $length, 3 << 20);
    check('too large', fails(fn () => $client->get('/big', max_body: '1M')), 'ClientTooLargeException');
    $done = await(array_map(fn ($n) => async(fn () => $client->get("/{$n}")->header('x-path')), range(1, 200)));
    check('two hundred at once', $done, array_map(fn ($n) => "/{$n}", range(1, 200)));
    check('by one connection', [$client->stats()['servers'][$at]['made'], $client->stats()['servers'][$at]['streams'], $client->stats()['servers'][$at]['taken']], [1, 0, 0]);
    $fresh = new Client(base: $at, verify: $ca);
    await(array_map(fn ($n) => async(fn () => $fresh->get("/{$n}")->status), range(1, 50)));
    check('fifty at the beginning make one connection', $fresh->stats()['servers'][$at]['made'], 1);
    $task = null;
    fails(fn () => scope(function () use ($client, &$task) {
        async(fn () => $client->get('/slow'));
        throw new LogicException();
    }));
    check('one that is cancelled leaves the others alone', [$client->get('/y')->status, $client->stats()['servers'][$at]['made']], [200, 1]);
    check('HTTP/1.1 where HTTP/2 is off', (new Client(base: $at, verify: $ca, http2: false))->get('/x')->version, '1.1');

    // Certificates.
    check('not trusted', [fails(fn () => (new Client(base: $at))->get('/'), $why), str_contains($why, 'its certificate is not trusted')], ['ClientConnectException', true]);
    $other = new Server('127.0.0.1', 0, true);
    $other->set(['ssl_cert_file' => $certificates->path('other.crt'), 'ssl_key_file' => $certificates->path('other.key')]);
    $other->handle('/', fn ($request, $response) => $response->end('other'));
    async(fn () => $other->start());
    check('the certificate of another name', [fails(fn () => (new Client(verify: $ca))->get("https://localhost:{$other->port}/"), $why), str_contains($why, 'not trusted')], ['ClientConnectException', true]);
    check('nobody asks', (new Client(verify: false))->get("https://localhost:{$other->port}/")->body(), 'other');

    // Servers that misbehave.
    $ok = fn ($send, int $stream, string $body = 'well') => $send(F::HEADERS, F::END_HEADERS, $stream, F::block([':status' => '200'])) && $send(F::DATA, F::END, $stream, $body);
    $local = fn (int $port) => new Client(base: "https://localhost:{$port}", verify: $ca, timeout: 5.0);
    $port = $frames(function ($send, int $stream, int $number, $peer) use ($ok) {
        if ($number === 1) {
            // It stays open: a reset would take what was sent with it.
            $send(F::GOAWAY, 0, 0, pack('NN', 0, 0));
            return;
        }
        $ok($send, $stream);
    });
    check('a request that GOAWAY leaves out is made anew', $local($port)->post('/', ['x' => 1])->body(), 'well');
    $port = $frames(function ($send, int $stream, int $number) use ($ok) {
        $stream === 1 ? $ok($send, $stream) : $send(F::GOAWAY, 0, 0, pack('NN', 1, 0));
    });
    $client = $local($port);
    check('and one on a kept connection', [$client->get('/')->body(), $client->get('/')->body()], ['well', 'well']);
    $port = $frames(fn ($send, int $stream) => $send(F::RST, 0, $stream, pack('N', 2)));
    check('a stream is reset', [fails(fn () => $local($port)->get('/'), $why), str_contains($why, 'RST_STREAM, code 2')], ['ClientConnectException', true]);
    $port = $frames(function ($send, int $stream) use ($ok) {
        static $refused = 0;
        $refused++ === 0 ? $send(F::RST, 0, $stream, pack('N', 7)) : $ok($send, $stream);
    });
    $client = $local($port);
    check('one that was refused may be repeated', (new Client(base: "https://localhost:{$port}", verify: $ca, retries: 1, retry_delay: 0.001))->post('/')->body(), 'well');
    $port = $frames(function ($send, int $stream) {
        $send(F::HEADERS, F::END_HEADERS, $stream, F::block([':status' => '200', 'content-length' => '9']));
        $send(F::DATA, 0, $stream, 'half');
        return false;
    });
    check('hangs up in the middle', fails(fn () => $local($port)->get('/')), 'ClientConnectException');
    $port = $frames(function ($send, int $stream, int $number, $peer) {
        @fwrite($peer, str_repeat("\xff", 100));
    });
    check('garbage', fails(fn () => $local($port)->get('/')), 'ClientProtocolException');
    $port = $frames(function ($send, int $stream) {
        $send(F::HEADERS, F::END_HEADERS | F::END, $stream, F::block([':status' => 'x']));
    });
    check('no status', fails(fn () => $local($port)->get('/')), 'ClientProtocolException');
    $port = $frames(fn () => null);
    $client = $local($port);
    check('never an answer', fails(fn () => $client->get('/', timeout: 0.05)), 'ClientTimeoutException');
    check("nor within the scope's time", fails(fn () => timeout(0.05, fn () => $client->get('/'))), 'DeadlineException');
    $port = $frames(function ($send, int $stream) use ($ok) {
        $stream === 1 && $send(F::SETTINGS, 0, 0, pack('nN', 3, 2));
        async(function () use ($ok, $send, $stream) { usleep(2_000); $ok($send, $stream, "{$stream}"); });
    });
    $client = $local($port);
    $client->get('/');
    $done = await(array_map(fn () => async(fn () => (int) $client->get('/')->body()), range(1, 20)));
    sort($done);
    check('two at a time, as the server wants it', [$done, $client->stats()['servers']["https://localhost:{$port}"]['made']], [range(3, 41, 2), 1]);
    throw new LogicException('done');
});
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: HTTP/2
ok: an upload
ok: a generator
ok: a form with a file
ok: HEAD
ok: a large answer in pieces
ok: too large
ok: two hundred at once
ok: by one connection
ok: fifty at the beginning make one connection
ok: one that is cancelled leaves the others alone
ok: HTTP/1.1 where HTTP/2 is off
ok: not trusted
ok: the certificate of another name
ok: nobody asks
ok: a request that GOAWAY leaves out is made anew
ok: and one on a kept connection
ok: a stream is reset
ok: one that was refused may be repeated
ok: hangs up in the middle
ok: garbage
ok: no status
ok: never an answer
ok: nor within the scope's time
ok: two at a time, as the server wants it
done
