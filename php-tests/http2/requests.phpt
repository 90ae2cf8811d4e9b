--TEST--
HTTP/2: requests and responses by prior knowledge, by Upgrade and by ALPN; bodies, streams, files, trailers
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path};
use HighperTest\{Certificates, Http2Frames, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
file_put_contents(temp_path('file'), str_repeat('0123456789abcdef', 1 << 16));
$secure = free_port();
$server = Server::start(<<<'PHP'
    <?php
    $folder = getenv('FOLDER');
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'open_http2_protocol' => true, 'package_max_length' => 4 << 20, 'document_root' => $folder, 'enable_static_handler' => true, 'static_handler_locations' => ['/file']]);
    $server->listen('127.0.0.1', (int) getenv('SECURE'), SWOOLE_SOCK_TCP | SWOOLE_SSL)->set(['open_http2_protocol' => true, 'ssl_cert_file' => "$folder/one.crt", 'ssl_key_file' => "$folder/one.key", 'package_max_length' => 4 << 20]);
    $server->on('request', function ($request, $response) use ($server) {
        $path = $request->server['request_uri'];
        if ($path === '/big') {
            return $response->end(str_repeat('b', 3 << 20));
        }
        if ($path === '/stream') {
            foreach (['a', str_repeat('b', 200_000), 'c'] as $piece) {
                $response->write($piece);
            }
            return $response->end();
        }
        if ($path === '/trailer') {
            $response->trailer('x-sum', '12');
            return $response->end('twelve');
        }
        if ($path === '/later') {
            Co::sleep(0.05);
        }
        if ($path === '/cookies') {
            $response->cookie('a', 'b');
            $response->cookie('c', 'd');
            $response->header('X-Seen', json_encode($request->cookie));
        }
        if ($path === '/sendfile') {
            return $response->sendfile(getenv('FOLDER') . '/file');
        }
        $response->end(json_encode([$request->streamId, $request->server['request_method'], $request->server['server_protocol'], $request->server['query_string'] ?? null, $request->header['host'], md5($request->rawContent()), $request->post]));
    });
    $server->start();
    PHP, environment: ['FOLDER' => $certificates->folder, 'SECURE' => (string) $secure]);

Co\run(function () use ($server, $secure) {
    foreach (['plain' => $server->port, 'secure' => $secure] as $how => $port) {
        $client = new Swoole\Coroutine\Http2\Client('127.0.0.1', $port, $how === 'secure');
        $client->set(['timeout' => 10, 'ssl_host_name' => 'one.test']);
        check("{$how}: connects", $client->connect());
        $ask = function (string $path, string $body = '', array $headers = [], string $method = '') use ($client) {
            $request = new Swoole\Http2\Request();
            $request->path = $path;
            $request->method = $method ?: ($body === '' ? 'GET' : 'POST');
            $request->data = $body;
            $request->headers = $headers + ['host' => 'one.test'];
            $client->send($request);
            return $client->recv();
        };
        $answer = $ask('/x?a=b');
        check("{$how}: a request", [$answer->statusCode, json_decode($answer->data)], [200, [1, 'GET', 'HTTP/2', 'a=b', 'one.test', md5(''), null]]);
        check("{$how}: a form", json_decode($ask('/x', 'k=v', ['content-type' => 'application/x-www-form-urlencoded'])->data)[6]->k, 'v');
        $body = random_bytes(3 << 20);
        check("{$how}: an upload", json_decode($ask('/x', $body)->data)[5], md5($body));
        check("{$how}: too large an upload", $ask('/x', str_repeat('x', (4 << 20) + 1))->statusCode, 413);
        check("{$how}: a large answer", md5($ask('/big')->data), md5(str_repeat('b', 3 << 20)));
        check("{$how}: a stream", strlen($ask('/stream')->data), 200_002);
        check("{$how}: a file", md5($ask('/sendfile')->data), md5_file(temp_path('file')));
        $how === 'plain' && check("{$how}: a static file", md5($ask('/file')->data), md5_file(temp_path('file')));
        $head = $ask('/big', '', [], 'HEAD');
        check("{$how}: HEAD", [$head->headers['content-length'], $head->data], [(string) (3 << 20), null]);
        $with = $ask('/trailer');
        check("{$how}: trailers", [$with->data, $with->headers['x-sum'] ?? null], ['twelve', '12']);
        $set = $ask('/cookies', '', ['cookie' => 'k=v']);
        check("{$how}: cookies", [$set->headers['x-seen'], $set->set_cookie_headers ?? $set->cookies], ['{"k":"v"}', $set->set_cookie_headers ?? ['a' => 'b', 'c' => 'd']]);
        $ids = [];
        for ($n = 0; $n < 20; $n++) {
            $request = new Swoole\Http2\Request();
            $request->path = '/later';
            $request->headers = ['host' => 'one.test'];
            $ids[] = $client->send($request);
        }
        $start = microtime(true);
        $came = array_map(fn () => json_decode($client->recv()->data)[0], $ids);
        sort($came);
        check("{$how}: twenty at once", [$came === $ids, microtime(true) - $start < 0.9], [true, true]);
        $client->close();
    }
});

$socket = stream_socket_client("tcp://127.0.0.1:{$server->port}");
stream_set_timeout($socket, 5);
fwrite($socket, "GET /up HTTP/1.1\r\nHost: one.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
check('Upgrade: 101', rtrim(fgets($socket)), 'HTTP/1.1 101 Switching Protocols');
while (rtrim(fgets($socket)) !== '');
$frames = new Http2Frames($socket);
check('Upgrade: the first stream', json_decode($frames->body(1))[2], 'HTTP/2');
$frames->request(3, '/up2');
check('Upgrade: the next', json_decode($frames->body(3))[0], 3);
$socket = stream_socket_client("tcp://127.0.0.1:{$server->port}");
fwrite($socket, "GET /x HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n");
check('HTTP/1.1 on the same port', str_starts_with(stream_get_contents($socket), 'HTTP/1.1 200 OK'));
// The preface in two pieces.
$socket = stream_socket_client("tcp://127.0.0.1:{$server->port}");
stream_set_timeout($socket, 5);
fwrite($socket, substr(Http2Frames::PREFACE, 0, 10));
usleep(50_000);
fwrite($socket, substr(Http2Frames::PREFACE, 10));
$frames = new Http2Frames($socket, false);
$frames->frame(Http2Frames::SETTINGS, 0, 0);
$frames->request(1, '/x');
check('a preface in pieces', json_decode($frames->body(1))[1], 'GET');
check('the end', $server->stop(), 0);
?>
--EXPECT--
ok: plain: connects
ok: plain: a request
ok: plain: a form
ok: plain: an upload
ok: plain: too large an upload
ok: plain: a large answer
ok: plain: a stream
ok: plain: a file
ok: plain: a static file
ok: plain: HEAD
ok: plain: trailers
ok: plain: cookies
ok: plain: twenty at once
ok: secure: connects
ok: secure: a request
ok: secure: a form
ok: secure: an upload
ok: secure: too large an upload
ok: secure: a large answer
ok: secure: a stream
ok: secure: a file
ok: secure: HEAD
ok: secure: trailers
ok: secure: cookies
ok: secure: twenty at once
ok: Upgrade: 101
ok: Upgrade: the first stream
ok: Upgrade: the next
ok: HTTP/1.1 on the same port
ok: a preface in pieces
ok: the end
