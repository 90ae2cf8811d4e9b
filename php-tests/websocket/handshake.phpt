--TEST--
WebSocket handshake: refused ones, one of the application's own, and servers without onRequest
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, WebSocketClient};

$own = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('handshake', function ($request, $response) {
        if ($request->server['path_info'] === '/wait') {
            Co::sleep(0.03);
        }
        if ($request->server['path_info'] === '/refuse') {
            $response->status(403);
            $response->end('not you');
            return;
        }
        if ($request->server['path_info'] === '/throw') {
            throw new Exception('from onHandshake');
        }
        if ($request->server['path_info'] === '/nothing') {
            return;
        }
        $response->header('Sec-WebSocket-Accept', base64_encode(sha1($request->header['sec-websocket-key'] . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true)));
        $response->header('Upgrade', 'websocket');
        $response->header('Connection', 'Upgrade');
        $response->header('X-Own', 'yes');
        $response->cookie('a', 'b');
        $response->status(101);
        $response->end();
    });
    $server->on('open', fn () => fwrite(STDERR, "open: never\n"));
    $server->on('message', fn ($s, $frame) => $s->push($frame->fd, $frame->data));
    $server->start();
    PHP);
foreach (['/', '/wait'] as $path) {
    $c = new WebSocketClient($own->port, $path, behind: WebSocketClient::frame('first'));
    check("own, {$path}", [$c->answer->status, $c->answer->header('x-own'), $c->answer->header('set-cookie'), $c->answer->header('connection'), $c->receive()], [101, 'yes', 'a=b', 'Upgrade', 'first']);
}
check('refused by it', [($c = new WebSocketClient($own->port, '/refuse'))->answer->status, $c->answer->body], [403, 'not you']);
check('it throws', (new WebSocketClient($own->port, '/throw'))->answer->status, 500);
check('it says nothing', (new WebSocketClient($own->port, '/nothing'))->answer->status, 500);
check('no onOpen after it', str_contains($own->log(), 'never'), false);

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1, 'open_websocket_protocol' => true, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('message', fn ($s, $frame) => 0);
    $server->start();
    PHP);
$with = fn (array $headers) => (new WebSocketClient($server->port, headers: $headers))->answer;
check('a Http\Server that speaks WebSocket', $with([])->status, 101);
check('a list of protocols to upgrade to', $with(['Upgrade' => 'h2c, WebSocket', 'Connection' => 'keep-alive, upgrade'])->status, 101);
check('no onRequest', [$server->get('/')->status, str_contains($server->get('/')->body, '400 Bad Request')], [400, true]);
foreach (['', 'short', 'dGhlIHNhbXBsZSBub25jZQ==x', '************************'] as $key) {
    check("the key '{$key}'", [$with(['Sec-WebSocket-Key' => $key])->status], [400]);
}
$old = $with(['Sec-WebSocket-Version' => '8']);
check('an old version', [$old->status, $old->header('sec-websocket-version')], [426, '13']);
check('not asked for by Connection', $with(['Connection' => 'keep-alive'])->status, 400);
check('POST', $server->request('POST', '/', 'x', ['Upgrade' => 'websocket', 'Connection' => 'Upgrade', 'Sec-WebSocket-Key' => 'dGhlIHNhbXBsZSBub25jZQ=='])->status, 400);

foreach (['WebSocket' => 'require onMessage callback', 'Http' => 'require onRequest callback'] as $kind => $text) {
    try {
        (new ("Swoole\\{$kind}\\Server")('127.0.0.1', 0))->start();
    } catch (Swoole\Exception $e) {
        check($kind, $e->getMessage(), $text);
    }
}
?>
--EXPECT--
ok: own, /
ok: own, /wait
ok: refused by it
ok: it throws
ok: it says nothing
ok: no onOpen after it
ok: a Http\Server that speaks WebSocket
ok: a list of protocols to upgrade to
ok: no onRequest
ok: the key ''
ok: the key 'short'
ok: the key 'dGhlIHNhbXBsZSBub25jZQ==x'
ok: the key '************************'
ok: an old version
ok: not asked for by Connection
ok: POST
ok: WebSocket
ok: Http
