--TEST--
WebSocket\Client: messages both ways, JSON, iteration, subprotocols, compression, headers, close codes, TLS, proxies, many coroutines, fakes
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\WebSocket\{Client, ClientConnection};
use function Highper\{async, await, scope};
use function HighperTest\{check, free_port};
use HighperTest\{Certificates, Server};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\Request;
    use Highper\WebSocket\{Connection, Message};
    $echo = fn (Connection $c, Message $m) => $m->isBinary ? $c->sendBinary($m->data) : $c->send($m->data);
    exit(Application::create(basePath: __DIR__)
        ->websocket('/echo', $echo, maxMessage: '4M', queue: '64M')
        ->websocket('/packed', $echo, compress: true, maxMessage: '4M', queue: '64M', protocols: ['chat.v2', 'chat.v1'])
        ->websocket('/head', $echo, open: fn (Connection $c, Request $r) => $c->json(['user' => $r->header('Authorization'), 'agent' => $r->header('User-Agent'), 'x' => $r->header('X-Own'), 'q' => $r->query()]))
        ->websocket('/close', fn (Connection $c, string $text) => $c->close((int) $text, 'as asked'))
        ->websocket('/three', $echo, open: function (Connection $c) { foreach (['a', 'b', 'c'] as $text) { $c->send($text); } $c->close(); })
        ->run([$argv[0], '--workers', '1']));
    PHP);
$at = "ws://127.0.0.1:{$server->port}";
$big = str_repeat('0123456789', 60_000);

// Outside of coroutines it waits as any library does.
$one = (new Client("{$at}/echo", max_message: '4M'))->connect();
$one->send('hello');
check('outside of coroutines', [$one->receive(5.0)->data, $one->isOpen(), $one->closeCode()], ['hello', true, null]);
$one->close(4000, 'done');
check('closed', [$one->isOpen(), $one->closeCode(), $one->closeReason(), $one->receive()], [false, 4000, 'done', null]);

scope(function () use ($at, $big) {
    foreach (['plain' => [new Client("{$at}/echo", max_message: '4M'), false], 'packed' => [new Client("{$at}/packed", max_message: '4M', protocols: ['chat.v1', 'other']), true], 'not packed' => [new Client("{$at}/packed", max_message: '4M', compress: false), false]] as $what => [$client, $packed]) {
        $c = $client->connect();
        $said = [];
        foreach (['', 'ü', $big] as $text) {
            $c->send($text);
            $m = $c->receive(5.0);
            $said[] = $m->data === $text && ! $m->isBinary;
        }
        $c->sendBinary($bytes = "\0\xff" . random_bytes(300_000));
        $m = $c->receive(5.0);
        $said[] = $m->data === $bytes && $m->isBinary;
        $c->json(['a' => [1, null, 'ü']]);
        $said[] = $c->receive(5.0)->json() === ['a' => [1, null, 'ü']];
        check($what, [$said, $c->isCompressed()], [[true, true, true, true, true], $packed]);
        $c->ping();
        $c->send('after the ping');
        check("{$what}: a ping of our own", $c->receive(5.0)->data, 'after the ping');
        $c->close();
        check("{$what}: the end", [$c->closeCode(), $c->receive()], [1000, null]);
    }
    check('a subprotocol', [(new Client("{$at}/packed", protocols: ['chat.v1']))->connect()->protocol(), (new Client("{$at}/echo"))->connect()->protocol()], ['chat.v1', null]);
    $c = (new Client("ws://user:word@" . substr($at, 5) . '/head?a=1', headers: ['X-Own' => 'mine'], query: ['b' => 'x y'], user_agent: 'test/1'))->connect();
    check('headers', [$c->receive(5.0)->json(), strtolower((string) $c->header('upgrade')), $c->header('x-none')], [['user' => 'Basic ' . base64_encode('user:word'), 'agent' => 'test/1', 'x' => 'mine', 'q' => ['a' => '1', 'b' => 'x y']], 'websocket', null]);
    $c = (new Client("{$at}/head", auth: 'token'))->connect();
    check('a token', $c->receive(5.0)->json()['user'], 'Bearer token');
    $all = [];
    foreach ((new Client("{$at}/three"))->connect() as $n => $message) {
        $all[$n] = $message->data;
    }
    check('gone through', $all, ['a', 'b', 'c']);
    $c = (new Client("{$at}/close"))->connect();
    $c->send('4001');
    check('closed by the server', [$c->receive(5.0), $c->closeCode(), $c->closeReason(), $c->isOpen()], [null, 4001, 'as asked', false]);

    // Any coroutine may send, large and small; who receives at the same time takes turns.
    $c = (new Client("{$at}/echo", max_message: '4M'))->connect();
    $senders = array_map(fn (int $i) => async(function () use ($c, $i, $big) { for ($n = 0; $n < 5; $n++) { $c->send("{$i}:{$n}:" . ($i % 10 === 0 ? $big : '')); } }), range(1, 40));
    $got = new ArrayObject();
    $receivers = array_map(fn () => async(function () use ($c, $got) { for ($n = 0; $n < 50; $n++) { $got[] = implode(':', array_slice(explode(':', $c->receive(20.0)->data), 0, 2)); } }), range(1, 4));
    array_map(await(...), [...$senders, ...$receivers]);
    $wanted = [];
    foreach (range(1, 40) as $i) { foreach (range(0, 4) as $n) { $wanted[] = "{$i}:{$n}"; } }
    $got = (array) $got;
    sort($got);
    sort($wanted);
    check('forty send, four receive', $got === $wanted);

    // Closed while another one receives.
    $c = (new Client("{$at}/echo"))->connect();
    $receiver = async(fn () => $c->receive());
    Co::sleep(0.01);
    $c->close();
    check('who receives comes to the end', await($receiver), null);
});

// A proxy that tunnels: CONNECT, or SOCKS5.
scope(function () use ($at, $server) {
    $asked = [];
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    async(function () use ($listener, &$asked, $server) {
        for ($n = 0; $n < 2; $n++) {
            $peer = stream_socket_accept($listener);
            if ($n === 0) {
                $asked[] = trim(fgets($peer));
                while (trim($line = fgets($peer)) !== '') { if (stripos($line, 'proxy-auth') === 0) { $asked[] = trim($line); } }
                fwrite($peer, "HTTP/1.1 200 Connection established\r\n\r\n");
            } else {
                fread($peer, 2 + ord(fread($peer, 2)[1]) - 2);
                fwrite($peer, "\5\0");
                $head = fread($peer, 4);
                $host = fread($peer, ord(fread($peer, 1)));
                $asked[] = $host;
                fread($peer, 2);
                fwrite($peer, "\5\0\0\1\0\0\0\0\0\0");
            }
            $target = stream_socket_client("tcp://127.0.0.1:{$server->port}");
            $pump = function ($from, $to) { while (($bytes = fread($from, 65536)) !== '' && $bytes !== false) { fwrite($to, $bytes); } @stream_socket_shutdown($to, STREAM_SHUT_WR); };
            async(fn () => $pump($peer, $target));
            async(fn () => $pump($target, $peer));
        }
    });
    $port = explode(':', stream_socket_get_name($listener, false))[1];
    foreach (["http://user:word@127.0.0.1:{$port}", "socks5://127.0.0.1:{$port}"] as $proxy) {
        $c = (new Client("ws://echo.test:{$server->port}/echo", proxy: $proxy))->connect();
        $c->send('through');
        $asked[] = $c->receive(5.0)->data;
        $c->close();
    }
    check('proxies', $asked, ["CONNECT echo.test:{$server->port} HTTP/1.1", 'Proxy-Authorization: Basic ' . base64_encode('user:word'), 'through', 'echo.test', 'through']);
});
check('the server ends', $server->stop(), 0);

$certificates = new Certificates();
$certificates->leaf('one', 'localhost');
$server = Server::start(<<<'PHP'
    <?php
    $folder = getenv('FOLDER');
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE, SWOOLE_SOCK_TCP | SWOOLE_SSL);
    $server->set(['worker_num' => 1, 'ssl_cert_file' => "$folder/one.crt", 'ssl_key_file' => "$folder/one.key", 'package_max_length' => 8 << 20, 'websocket_compression' => true]);
    $server->on('message', fn ($server, $frame) => $server->push($frame->fd, $frame->data, $frame->opcode));
    $server->start();
    PHP, environment: ['FOLDER' => $certificates->folder]);
scope(function () use ($server, $certificates, $big) {
    $c = (new Client("wss://localhost:{$server->port}/", verify: $certificates->path('ca.crt'), max_message: '4M'))->connect();
    $said = [];
    foreach (['hello', $big, ''] as $text) {
        $c->send($text);
        $said[] = $c->receive(5.0)->data === $text;
    }
    $tasks = array_map(fn (int $i) => async(fn () => $c->send(str_repeat((string) $i, 30_000))), range(1, 9));
    array_map(await(...), $tasks);
    $sizes = [];
    foreach ($tasks as $_) { $data = $c->receive(5.0)->data; $sizes[] = strlen($data) === 30_000 && trim($data, $data[0]) === ''; }
    check('TLS', [$said, array_unique($sizes)], [[true, true, true], [true]]);
    $c->close();
    check('TLS: the end', $c->closeCode(), 1000);
    try { (new Client("wss://localhost:{$server->port}/"))->connect(); } catch (Throwable $e) { check('not trusted', [$e::class, str_contains($e->getMessage(), 'is not trusted')], [Highper\WebSocket\ClientConnectException::class, true]); }
});
$server->kill();

// In a test: the other end is a function.
scope(function () {
    $client = (new Client('ws://nowhere.test/', protocols: ['p']))->fake(function (ClientConnection $peer): void {
        foreach ($peer as $message) {
            if ($message->data === 'bye') { $peer->close(4002, 'bye'); return; }
            $peer->json(['you' => $message->data]);
        }
    });
    $c = $client->connect();
    $c->send('x');
    $got = $c->receive(5.0)->json();
    $c->send('bye');
    check('a fake', [$got, $c->protocol(), $c->receive(5.0), $c->closeCode(), $c->closeReason()], [['you' => 'x'], 'p', null, 4002, 'bye']);
    $client->fake(fn (ClientConnection $peer) => $peer->receive());
    $c = $client->connect();
    $c->send('and it returns');
    check('a fake that returns', [$c->receive(5.0), $c->closeCode()], [null, 1001]);
    try { $client->fake(null)->connect(); } catch (Throwable $e) { check('no fake', $e::class, Highper\WebSocket\ClientConnectException::class); }
});
?>
--EXPECT--
ok: outside of coroutines
ok: closed
ok: plain
ok: plain: a ping of our own
ok: plain: the end
ok: packed
ok: packed: a ping of our own
ok: packed: the end
ok: not packed
ok: not packed: a ping of our own
ok: not packed: the end
ok: a subprotocol
ok: headers
ok: a token
ok: gone through
ok: closed by the server
ok: forty send, four receive
ok: who receives comes to the end
ok: proxies
ok: the server ends
ok: TLS
ok: TLS: the end
ok: not trusted
ok: a fake
ok: a fake that returns
ok: no fake
