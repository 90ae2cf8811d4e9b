--TEST--
Coroutine\Http\Server: handlers, keep-alive, pipelining, bodies, refused requests, WebSocket, shutdown
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    Co\run(function () use ($argv) {
        $server = new Co\Http\Server('127.0.0.1', (int) $argv[1]);
        $server->set(['package_max_length' => 100_000, 'compression_min_length' => 100, 'websocket_compression' => true]);
        $server->handle('/', function ($request, $response) {
            $response->header('X-Port', (string) ($request->server['remote_port'] > 0 && $request->server['server_port'] === $request->server['server_port']));
            $response->end('index ' . $request->server['path_info']);
        });
        $server->handle('/echo', fn ($request, $response) => $response->end(json_encode([$request->get, $request->post, $request->cookie, strlen($request->rawContent()), array_map(fn ($f) => file_get_contents($f['tmp_name']), $request->files ?? [])])));
        $server->handle('/big', fn ($request, $response) => $response->end(str_repeat('b', (int) $request->get['n'])));
        $server->handle('/stream', function ($request, $response) {
            for ($i = 0; $i < 3; $i++) { $response->write("part {$i} "); Co::sleep(0.005); }
            $response->trailer('x-sum', '3');
            $response->end('last');
        });
        $server->handle('/file', fn ($request, $response) => $response->sendfile(__FILE__, 0, 5));
        $server->handle('/none', fn ($request, $response) => null);
        $server->handle('/status', function ($request, $response) { $response->status(201); $response->cookie('a', 'b'); });
        $server->handle('/redirect', fn ($request, $response) => $response->redirect('/'));
        $server->handle('/socket', fn ($request, $response) => $response->detach() && $response->socket->sendAll("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nraw"));
        $server->handle('/later', function ($request, $response) {
            $response->detach();
            go(function () use ($request, $response) {
                Co::sleep(0.01);
                Swoole\Http\Response::create([$response->socket, $request])->end('late');
            });
        });
        $server->handle('/websocket', function ($request, $response) {
            if (!$response->upgrade()) {
                return;
            }
            while (true) {
                $frame = $response->recv(2);
                if ($frame === '') {
                    fwrite(STDERR, "closed\n");
                    break;
                }
                if ($frame === false) {
                    fwrite(STDERR, 'error ' . swoole_last_error() . "\n");
                    break;
                }
                if ($frame->data === 'end') {
                    $response->disconnect(4000, 'as asked');
                    break;
                }
                $response->push("{$frame->opcode} {$frame->data}");
            }
        });
        $server->handle('/slow', function ($request, $response) { Co::sleep(0.1); $response->end('slow'); });
        $server->handle('/stop', function ($request, $response) use ($server) { $response->end('stop'); $server->shutdown(); });
        var_dump($server->start());
    });
    echo "over\n";
    PHP);
$c = new HttpClient($server->port);
$get = fn (string $path, array $headers = []) => $c->request('GET', $path, '', $headers);
check('two on one connection', [$get('/')->body, $get('/any')->body, $get('/')->header('x-port'), $get('/')->header('connection')], ['index /', 'index /any', '1', 'keep-alive']);
$c->connection->send(str_repeat("GET /p HTTP/1.1\r\n\r\n", 20) . "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
$bodies = [];
for ($i = 0; $i < 20; $i++) {
    $bodies[$c->receive()->body] = true;
}
check('pipelined, and without Host', array_keys($bodies), ['index /p']);
check('with a body behind', $c->receive()->body, '[null,null,null,3,[]]');
$answer = $c->receive();
check('chunks and a trailer', [$answer->body, $answer->trailers], ['part 0 part 1 part 2 last', [['x-sum', '3']]]);
check('query, form, cookies', $c->request('POST', '/echo?a[]=1', 'b=2&c=3', ['Content-Type' => 'application/x-www-form-urlencoded', 'Cookie' => 'd=4'])->body, '[{"a":["1"]},{"b":"2","c":"3"},{"d":"4"},7,[]]');
$form = "--x\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\ntext\r\n--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\nfile\r\n--x--\r\n";
check('a file', $c->request('POST', '/echo', $form, ['Content-Type' => 'multipart/form-data; boundary=x'])->json()[4], ['f' => 'file']);
$c->send('POST', '/echo', '', ['Content-Length' => '5', 'Expect' => '100-continue']);
check('100', $c->receiveAny()->status, 100);
$c->connection->send('hello');
check('and the body', $c->receive()->json()[3], 5);
check('a file sent', [$get('/file')->body, $c->request('HEAD', '/file')->header('content-length')], ['<?php', '5']);
check('nothing', $get('/none')->status, 500);
check('a status alone', [($a = $get('/status'))->status, $a->header('set-cookie')], [201, 'a=b']);
check('elsewhere', [($a = $get('/redirect'))->status, $a->header('location')], [302, '/']);
check('compressed from 100 bytes', [$get('/big?n=99', ['Accept-Encoding' => 'gzip'])->header('content-encoding'), $get('/big?n=100', ['Accept-Encoding' => 'gzip'])->header('content-encoding')], [null, 'gzip']);
check('HEAD', [$c->request('HEAD', '/big?n=5000')->header('content-length'), $get('/')->body], ['5000', 'index /']);
check('by the socket itself', [$get('/socket')->body, $get('/')->body], ['raw', 'index /']);
check('later, by another object', [$get('/later')->body, $get('/')->body], ['late', 'index /']);
$a = $get('/', ['Connection' => 'close']);
check('close', [$a->body, $a->header('connection'), $c->connection->isClosedWithin(2)], ['index /', 'close', true]);
foreach ([
    'garbage' => ["garbage\r\n\r\n", 400], 'a bad length' => ["POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400],
    'too big' => ["POST / HTTP/1.1\r\nContent-Length: 100001\r\n\r\n" . str_repeat('x', 100_001), 413],
    'too big in chunks' => ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" . str_repeat('x', 0x20000) . "\r\n0\r\n\r\n", 413],
    'a head too big' => ["GET / HTTP/1.1\r\nX: " . str_repeat('x', 70_000), 431],
] as $what => [$bytes, $status]) {
    $bad = new HttpClient($server->port);
    $bad->connection->send($bytes);
    check($what, [$bad->receive()->status, $bad->connection->isClosedWithin(2)], [$status, true]);
}
$half = new HttpClient($server->port);
$half->connection->send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
$half->connection->shutdownWrite();
check('a half-closed client', $half->receive()->body, 'slow');
$reset = new HttpClient($server->port);
$reset->connection->send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
$reset->connection->reset();

$w = new WebSocketClient($server->port, '/websocket', ['Sec-WebSocket-Extensions' => 'permessage-deflate'], WebSocketClient::frame('first'));
check('101', [$w->answer->status, $w->answer->header('sec-websocket-extensions') !== null], [101, true]);
$w->frameIn();
$w = new WebSocketClient($server->port, '/websocket', behind: WebSocketClient::frame('first') . WebSocketClient::frame('p', WebSocketClient::PING) . WebSocketClient::frame('in ', fin: false));
check('what came with the handshake', [$w->receive(), $w->receive(WebSocketClient::PONG)], ['1 first', 'p']);
$w->send('parts', 0);
check('parts', $w->receive(), '1 in parts');
$w->send(str_repeat("\0", 90_000), WebSocketClient::BINARY, masked: false);
check('long, not masked', strlen($w->receive()), 90_002);
$w->send('end');
check('the server closes', $w->receiveClose(), '4000 as asked');
$w = new WebSocketClient($server->port, '/websocket');
$w->send("\x03\xe8", WebSocketClient::CLOSE);
check('the client closes', $w->receive(WebSocketClient::CLOSE), "\x03\xe8");
$w->close();
$server->waitForLog('closed');
$w = new WebSocketClient($server->port, '/websocket');
$w->send('x', 0);
check('a mistake', $w->receiveClose(), '1002 a continuation frame came where no message was under way');
$server->waitForLog('error 508');
$w = new WebSocketClient($server->port, '/websocket');
$w->send(str_repeat('x', 100_001));
check('too long', $w->receiveClose(), '1009 the message is longer than 100000 bytes');
check('no key', (new WebSocketClient($server->port, '/websocket', ['Sec-WebSocket-Key' => 'short']))->answer->status, 400);
check('no upgrade asked for', $server->get('/websocket')->status, 400);

$idle = new HttpClient($server->port);
$idle->request('GET', '/');
$slow = new HttpClient($server->port);
$slow->send('GET', '/slow');
check('shutdown', $server->get('/stop')->body, 'stop');
check('idle ones are let go', $idle->connection->isClosedWithin(2));
check('others after their request', [$slow->receive()->body, $slow->connection->isClosedWithin(2)], ['slow', true]);
check('the end', [$server->waitForEnd(), str_contains($server->log(), "bool(true)\nover")], [0, true]);
?>
--EXPECT--
ok: two on one connection
ok: pipelined, and without Host
ok: with a body behind
ok: chunks and a trailer
ok: query, form, cookies
ok: a file
ok: 100
ok: and the body
ok: a file sent
ok: nothing
ok: a status alone
ok: elsewhere
ok: compressed from 100 bytes
ok: HEAD
ok: by the socket itself
ok: later, by another object
ok: close
ok: garbage
ok: a bad length
ok: too big
ok: too big in chunks
ok: a head too big
ok: a half-closed client
ok: 101
ok: what came with the handshake
ok: parts
ok: long, not masked
ok: the server closes
ok: the client closes
ok: a mistake
ok: too long
ok: no key
ok: no upgrade asked for
ok: shutdown
ok: idle ones are let go
ok: others after their request
ok: the end
