--TEST--
The PROXY protocol on ports of messages: who the client is, in pieces, before TLS; who is no proxy is not believed
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience};
use HighperTest\{Certificates, Server, TcpClient};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$code = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\Request;
    [$plain, $secure] = json_decode(getenv('PORTS'), true);
    exit(Application::create(basePath: __DIR__)
        ->settings(json_decode(getenv('SETTINGS'), true) + ['listen' => '127.0.0.1:' . getenv('PORT'), 'workers' => 1, 'log_level' => 'warning'])
        ->map(['TCP'], '/ip', fn (Request $request) => $request->ip() . ($request->isSecure() ? ' secure' : ''))
        ->tcp("127.0.0.1:{$plain}")
        ->tcp("127.0.0.1:{$secure}", tls: true)
        ->run([$argv[0]]));
    PHP;
[$plain, $secure] = $ports = [free_port(), free_port()];
$start = fn (array $proxies) => Server::start($code, environment: ['PORTS' => json_encode($ports), 'SETTINGS' => json_encode([
    'proxy_protocol' => $proxies, 'tls' => ['certificate' => $certificates->path('one.crt'), 'key' => $certificates->path('one.key')],
])]);
$server = $start(['127.0.0.1']);
$line = "PROXY TCP4 192.0.2.7 198.51.100.2 56324 443\r\n";
$ask = function (string ...$pieces) use ($plain): string {
    $client = new TcpClient($plain);
    foreach ($pieces as $piece) {
        $client->send($piece);
        usleep(300);
    }
    $client->send("ip\n");

    return $client->readLine();
};
$header = "\r\n\r\n\0\r\nQUIT\n\x21\x21" . pack('n', 36) . inet_pton('2001:db8::9') . inet_pton('::1') . pack('nn', 1, 2);
check('a line', $ask($line), '192.0.2.7');
check('byte by byte', $ask(...str_split($line)), '192.0.2.7');
check('binary', $ask($header), '2001:db8::9');
check('the proxy does not know', $ask("PROXY UNKNOWN\r\n"), '127.0.0.1');
$client = new TcpClient($plain);
$client->send("{$line}ip\nip\n");
check('messages in the same piece', [$client->readLine(), $client->readLine()], ['192.0.2.7', '192.0.2.7']);
foreach (['no header' => "ip\n", 'a broken line' => "PROXY TCP4 192.0.2.7\r\n"] as $what => $bytes) {
    $client = new TcpClient($plain);
    $client->send($bytes);
    check($what, $client->isClosedWithin(5), true);
}
check('it says so', str_contains($server->waitForLog('a connection of a proxy was closed: it does not begin with a header of the PROXY protocol'), 'warning'));
$secret = function (string $first) use ($secure): string|false {
    $context = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
    $socket = stream_socket_client("tcp://127.0.0.1:{$secure}", timeout: patience(5), context: $context);
    stream_set_timeout($socket, (int) ceil(patience(5)));
    fwrite($socket, $first);
    if (!@stream_socket_enable_crypto($socket, true, STREAM_CRYPTO_METHOD_TLS_CLIENT)) {
        return false;
    }
    fwrite($socket, "ip\n");

    return rtrim(fgets($socket));
};
check('before TLS', [$secret($line), $secret('')], ['192.0.2.7 secure', false]);
check('exit code', $server->stop(), 0);

$server = $start(['10.0.0.0/8']);
check('who is no proxy is not believed', $ask('') === '127.0.0.1' && str_contains($ask("{$line}\n"), '404'));
check('nor before TLS', $secret(''), '127.0.0.1 secure');
check('exit code', $server->stop(), 0);
--EXPECT--
ok: a line
ok: byte by byte
ok: binary
ok: the proxy does not know
ok: messages in the same piece
ok: no header
ok: a broken line
ok: it says so
ok: before TLS
ok: exit code
ok: who is no proxy is not believed
ok: nor before TLS
ok: exit code
