--TEST--
HTTP/2 in Coroutine\Http\Server: plain and over TLS, beside HTTP/1.1, streams, uploads, errors, shutdown
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Certificates;
use Swoole\Coroutine\Http\Server;
use Swoole\Coroutine\Http2\Client;

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
Co\run(function () use ($certificates) {
    foreach ([false, true] as $ssl) {
        $how = $ssl ? 'secure' : 'plain';
        $server = new Server('127.0.0.1', 0, $ssl);
        $server->set(['package_max_length' => 4 << 20] + ($ssl ? ['open_http2_protocol' => true, 'ssl_cert_file' => $certificates->path('one.crt'), 'ssl_key_file' => $certificates->path('one.key')] : []));
        $server->handle('/', function ($request, $response) {
            $request->server['request_uri'] === '/later' && Co::sleep(0.05);
            $response->header('X-Path', $request->server['request_uri']);
            $response->end(json_encode([$request->streamId, $request->server['server_protocol'], $request->server['remote_addr'], md5($request->rawContent())]));
        });
        $server->handle('/big', fn ($request, $response) => $response->end(str_repeat('b', 2 << 20)));
        $server->handle('/stream', function ($request, $response) {
            foreach (['a', str_repeat('b', 100_000), 'c'] as $piece) {
                $response->write($piece);
            }
            $response->trailer('x-sum', '1');
            $response->end();
        });
        $ended = new Co\Channel(1);
        go(function () use ($server, $ended) {
            $server->start();
            $ended->push(true);
        });
        $client = new Client('127.0.0.1', $server->port, $ssl);
        $client->set(['timeout' => 5]);
        check("{$how}: connects", $client->connect());
        $send = function (string $path, string $body = '') use ($client) {
            $request = new Swoole\Http2\Request();
            $request->path = $path;
            $request->method = $body === '' ? 'GET' : 'POST';
            $request->data = $body;
            return $client->send($request);
        };
        $ask = fn (string $path, string $body = '') => $send($path, $body) ? $client->recv() : null;
        $answer = $ask('/x');
        check("{$how}: a request", [$answer->statusCode, $answer->headers['x-path'], json_decode($answer->data)], [200, '/x', [1, 'HTTP/2', '127.0.0.1', md5('')]]);
        $body = random_bytes(3 << 20);
        check("{$how}: an upload", json_decode($ask('/x', $body)->data)[3], md5($body));
        check("{$how}: a large answer", strlen($ask('/big')->data), 2 << 20);
        $stream = $ask('/stream');
        check("{$how}: a stream", [strlen($stream->data), $stream->headers['x-sum'] ?? null], [100_002, '1']);
        $ids = array_map(fn () => $send('/later'), range(1, 20));
        $start = microtime(true);
        $came = array_map(fn () => json_decode($client->recv()->data)[0], $ids);
        sort($came);
        check("{$how}: twenty at once", [$came === $ids, microtime(true) - $start < 0.9], [true, true]);
        $old = new Co\Http\Client('127.0.0.1', $server->port, $ssl);
        $old->get('/y');
        check("{$how}: HTTP/1.1 beside", json_decode($old->body)[1], 'HTTP/1.1');
        $old->close();
        $send('/later');
        Co::sleep(0.01);
        $server->shutdown();
        check("{$how}: what is under way at the end is answered", json_decode($client->recv()->data)[1], 'HTTP/2');
        $client->close();
        check("{$how}: the end", $ended->pop(5), true);
    }
});
?>
--EXPECT--
ok: plain: connects
ok: plain: a request
ok: plain: an upload
ok: plain: a large answer
ok: plain: a stream
ok: plain: twenty at once
ok: plain: HTTP/1.1 beside
ok: plain: what is under way at the end is answered
ok: plain: the end
ok: secure: connects
ok: secure: a request
ok: secure: an upload
ok: secure: a large answer
ok: secure: a stream
ok: secure: twenty at once
ok: secure: HTTP/1.1 beside
ok: secure: what is under way at the end is answered
ok: secure: the end
