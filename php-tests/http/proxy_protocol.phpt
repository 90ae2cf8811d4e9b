--TEST--
The PROXY protocol: who the client is, by lines and in binary, in pieces, before TLS; who is no proxy is not believed
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, patience, temp_path};
use HighperTest\{Certificates, Server, TcpClient};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$code = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\Request;
    $settings = json_decode(getenv('SETTINGS'), true);
    exit(Application::create(basePath: __DIR__)
        ->settings($settings + ['listen' => '127.0.0.1:' . getenv('PORT'), 'workers' => 1, 'log_level' => 'warning'])
        ->get('/ip', fn (Request $request) => $request->ip() . ($request->isSecure() ? ' secure' : ''))
        ->run([$argv[0]]));
    PHP;
$start = fn (array $settings) => Server::start($code, environment: ['SETTINGS' => json_encode($settings)]);
$server = $start(['proxy_protocol' => ['10.0.0.0/8', '127.0.0.1']]);
$request = "GET /ip HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
$ask = function (string ...$pieces) use ($server, $request): string {
    $client = $server->connect();
    foreach ($pieces as $piece) {
        $client->send($piece);
        usleep(count($pieces) > 2 ? 300 : 20_000);
    }
    $client->send($request);

    return substr($all = $client->readAll(), (int) strpos($all, "\r\n\r\n") + 4);
};
$line = "PROXY TCP4 192.0.2.7 198.51.100.2 56324 443\r\n";
check('a line', $ask($line), '192.0.2.7');
check('one of IPv6', $ask("PROXY TCP6 2001:db8::7 ::1 1 2\r\n"), '2001:db8::7');
check('byte by byte', $ask(...str_split($line)), '192.0.2.7');
check('the proxy does not know', $ask("PROXY UNKNOWN\r\n"), '127.0.0.1');
$binary = fn (int $command, int $family, string $rest) => "\r\n\r\n\0\r\nQUIT\n" . pack('CCn', 0x20 | $command, $family, strlen($rest)) . $rest;
$four = $binary(1, 0x11, inet_pton('192.0.2.8') . inet_pton('198.51.100.2') . pack('nn', 1234, 443));
check('binary', $ask($four), '192.0.2.8');
check('binary, in two pieces', $ask(substr($four, 0, 9), substr($four, 9)), '192.0.2.8');
check('with more behind the addresses', $ask($binary(1, 0x11, inet_pton('192.0.2.9') . inet_pton('198.51.100.2') . pack('nn', 1, 2) . "\x04\0\x03abc")), '192.0.2.9');
check('binary, of IPv6', $ask($binary(1, 0x21, inet_pton('2001:db8::9') . inet_pton('::1') . pack('nn', 1, 2))), '2001:db8::9');
check('the proxy speaks for itself', $ask($binary(0, 0, '')), '127.0.0.1');
$kept = $server->connect();
$kept->send($line . str_replace('close', 'keep-alive', $request) . $request);
check('two requests in the same piece', substr_count($kept->readAll(), '192.0.2.7'), 2);
foreach (['no header' => $request, 'a broken line' => "PROXY TCP4 192.0.2.7\r\n", 'a broken header' => $binary(1, 0x11, 'short'), 'an endless line' => 'PROXY ' . str_repeat('x', 200)] as $what => $bytes) {
    $client = $server->connect();
    $client->send($bytes);
    check($what, $client->isClosedWithin(5), true);
}
$client = $server->connect();
$client->send(substr($line, 0, 10));
$client->close();
check('it says so', str_contains($server->waitForLog('a connection of a proxy was closed: it does not begin with a header of the PROXY protocol'), 'warning'));
check('exit code', $server->stop(), 0);

$server = $start(['proxy_protocol' => ['10.0.0.0/8']]);
$client = $server->connect();
$client->send($line . $request);
check('who is no proxy is not believed', substr($client->readAll(), 9, 3), '400');
check('and has requests as always', $server->get('/ip')->body, '127.0.0.1');
check('exit code', $server->stop(), 0);

$server = $start(['proxy_protocol' => ['127.0.0.1'], 'tls' => ['certificate' => $certificates->path('one.crt'), 'key' => $certificates->path('one.key')]]);
$socket = stream_socket_client("tcp://127.0.0.1:{$server->port}", $errno, $error, patience(5), STREAM_CLIENT_CONNECT, stream_context_create(['ssl' => ['cafile' => $certificates->path('ca.crt'), 'peer_name' => 'one.test']]));
stream_set_timeout($socket, (int) ceil(patience(5)));
fwrite($socket, $line);
check('before TLS', stream_socket_enable_crypto($socket, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
fwrite($socket, $request);
check('who it is', substr($all = stream_get_contents($socket), strpos($all, "\r\n\r\n") + 4), '192.0.2.7 secure');
check('exit code', $server->stop(), 0);

$wrong = Server::start($code, environment: ['SETTINGS' => '{"proxy_protocol": ["10.0.0.0/99"]}'], wait: false);
$wrong->waitForEnd();
check('a network that is none', str_contains($wrong->log(), "setting 'proxy_protocol': '10.0.0.0/99' is no address or network; write it as 10.0.0.0/8 or 2001:db8::/32") ?: $wrong->log());
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){22}ok: a network that is none\s*\Z
