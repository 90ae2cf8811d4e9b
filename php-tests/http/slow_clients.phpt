--TEST--
Slowloris on every protocol: whoever sends a byte now and then, or nothing, is closed, and others are served meanwhile; a log that can't be written
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience, wait_until};
use HighperTest\{Certificates, Http2Frames as F, Server, TcpClient, WebSocketClient};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
[$secure, $messages] = [free_port(), free_port()];
$code = <<<'PHP'
    <?php
    use Highper\WebSocket\Connection;
    $settings = ['workers' => 1, 'log_level' => 'info', 'access_log' => true, 'log_file' => getenv('LOG') ?: null, 'header_timeout' => 1, 'body_timeout' => 1, 'idle_timeout' => 1, 'write_timeout' => 1];
    $tls = ['certificate' => getenv('FOLDER') . '/one.crt', 'key' => getenv('FOLDER') . '/one.key'];
    exit(Highper\Application::create(__DIR__)
        ->settings(array_filter($settings, fn ($value) => $value !== null) + (getenv('TLS') ? ['tls' => $tls] : []))
        ->get('/', fn () => 'hello')
        ->post('/', fn () => 'posted')
        ->get('/big', fn () => str_repeat('b', 30_000_000))
        ->websocket('/ws', function (Connection $c, string $text) { $c->send($text); }, ping: 0.5, queue: '64K')
        ->get('/memory', function () { gc_collect_cycles(); preg_match('/^RssAnon:\s+(\d+) kB/m', file_get_contents('/proc/self/status'), $found); return (string) $found[1]; })
        ->map(['TCP'], '/big', fn () => str_repeat('b', 900_000))
        ->tcp('127.0.0.1:' . getenv('MESSAGES'), idle: 1)
        ->run([$argv[0]]));
    PHP;
$environment = ['FOLDER' => $certificates->folder, 'MESSAGES' => (string) $messages];
$server = Server::start($code, environment: $environment);
$https = Server::start($code, environment: ['TLS' => '1', 'MESSAGES' => (string) free_port()] + $environment);
$ws = fn () => new WebSocketClient($server->port, '/ws');
$clients = [
    'a head' => [$server->connect(), "GET / HTTP/1.1\r\nX: " . str_repeat('x', 5000), 'HTTP/1.1 408'],
    'a body' => [$server->connect(), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", 'HTTP/1.1 408', 1],
    'nothing after a request' => [$server->connect(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 'HTTP/1.1 200', 1],
    'a handshake of TLS' => [$https->connect(), "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" . str_repeat('x', 400), ''],
    'the beginning of HTTP/2' => [$server->connect(), 'PRI * HTTP/2.0', '', 1],
    'HTTP/2 without a request' => [$server->connect(), F::PREFACE . "\0\0\0\4\0\0\0\0\0", '', 1],
    'a message of TCP' => [new TcpClient($messages), 'half a mess', '', 1],
];
$got = [];
foreach ($clients as $what => $client) {
    // What has a fourth part is sent whole.
    $client[0]->send(isset($client[3]) ? $client[1] : substr($client[1], 0, 40));
    $got[$what] = '';
}
$socket = $ws();
$socket->connection->send("\x81\xfe\x10");
$big = $server->connect();
$big->send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
$closed = [];
$end = microtime(true) + patience(20);
while (count($closed) < count($clients) && microtime(true) < $end) {
    foreach ($clients as $what => [$client, $bytes]) {
        if (isset($closed[$what])) {
            continue;
        }
        $got[$what] .= $client->readSome(0.001);
        if ($client->isClosedWithin(0.001)) {
            $closed[$what] = $got[$what];
            continue;
        }
        // A byte now and then: where that is enough to stay, nothing is sent.
        if (in_array($what, ['a head', 'a handshake of TLS'], true)) {
            @$client->sendSome('x');
        }
    }
    $server->get('/')->body === 'hello' || print("WRONG: others are not served\n");
    usleep(20_000);
}
foreach ($clients as $what => [,, $begins]) {
    check($what, str_starts_with($closed[$what] ?? 'still open', $begins));
}
check('a WebSocket frame: asked for a sign of life, then closed', [$socket->frameIn()[0], $socket->connection->isClosedWithin(10)], [9, true]);
check('who takes nothing', wait_until(function () use ($big): bool {
    try {
        return strlen($big->readAll()) < 30_000_000;
    } catch (RuntimeException) {
        return false;
    }
}, 'the end of a client that does not read', 20));

$before = (int) $server->get('/memory')->body;
$flood = $ws();
for ($i = 0, $ping = str_repeat("\x89\x80abcd", 1000); $i < 2000 && $flood->connection->sendSome($ping) > 0; $i++) {
}
$asks = new TcpClient($messages);
for ($i = 0; $i < 100; $i++) {
    $asks->sendSome("big\nbig\nbig\n");
}
foreach (range(1, 5) as $_) {
    $garbage = $https->connect();
    $garbage->send(random_bytes(2000));
    check('garbage instead of TLS', $garbage->isClosedWithin(5) || $garbage->readSome(1) !== '');
}
check('pings, and messages without end: memory is bounded', (int) $server->get('/memory')->body - $before < 20_000);
check('served on', [$server->get('/')->body, count($server->children())], ['hello', 1]);
unset($flood, $asks, $big, $socket);
check('exit codes', [$server->stop(), $https->stop()], [0, 0]);

$full = Server::start($code, environment: ['LOG' => '/dev/full'] + $environment);
check('a full disk for the log', array_unique(array_map(fn () => $full->get('/')->body, range(1, 50))), ['hello']);
check('exit code', $full->stop(), 0);
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){18}ok: exit code\s*\Z
