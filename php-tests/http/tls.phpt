--TEST--
TLS on HTTP ports: large answers, files, uploads, certificates by name and of clients, bad clients, renewed certificates
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\{Certificates, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$certificates->leaf('two', 'two.test');
file_put_contents(temp_path('file'), str_repeat('0123456789abcdef', 1 << 16));
[$strict, $plain] = [free_port(), free_port()];
$server = Server::start(<<<'PHP'
    <?php
    $folder = getenv('FOLDER');
    $own = ['ssl_cert_file' => "$folder/one.crt", 'ssl_key_file' => "$folder/one.key"];
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS, SWOOLE_SOCK_TCP | SWOOLE_SSL);
    $server->set($own + ['worker_num' => 1, 'package_max_length' => 8 << 20, 'document_root' => $folder, 'enable_static_handler' => true, 'static_handler_locations' => ['/file'],
        'ssl_sni_certs' => ['two.test' => ['ssl_cert_file' => "$folder/two.crt", 'ssl_key_file' => "$folder/two.key"]]]);
    $strict = $server->listen('127.0.0.1', (int) getenv('STRICT'), SWOOLE_SOCK_TCP | SWOOLE_SSL);
    $strict->set($own + ['open_http_protocol' => true, 'ssl_verify_peer' => true, 'ssl_client_cert_file' => "$folder/ca.crt"]);
    $server->listen('127.0.0.1', (int) getenv('PLAIN'), SWOOLE_SOCK_TCP)->set(['open_http_protocol' => true]);
    $server->on('request', function ($request, $response) use ($server) {
        $path = $request->server['request_uri'];
        match ($path) {
            '/big' => $response->end(str_repeat('b', 5 << 20)),
            '/sendfile' => $response->sendfile(getenv('FOLDER') . '/file'),
            '/stream' => array_map($response->write(...), ['a', str_repeat('b', 100_000), 'c']) && $response->end(),
            '/who' => $response->end(openssl_x509_parse($server->getClientInfo($request->fd)['ssl_client_cert'] ?? '')['subject']['CN'] ?? 'nobody'),
            '/later' => (Co::sleep(0.05) || true) && $response->end('later'),
            default => $response->end($request->server['request_method'] . ' ' . md5($request->rawContent())),
        };
    });
    $server->start();
    PHP, environment: ['FOLDER' => $certificates->folder, 'STRICT' => (string) $strict, 'PLAIN' => (string) $plain]);

function ask(mixed $socket, string $path, string $body = '', string $fields = ''): string
{
    $method = $body === '' ? 'GET' : 'POST';
    fwrite($socket, "{$method} {$path} HTTP/1.1\r\nHost: one.test\r\nContent-Length: " . strlen($body) . "\r\n{$fields}\r\n");
    for ($rest = $body; $rest !== ''; $rest = substr($rest, (int) fwrite($socket, $rest)));
    $length = null;
    while (($line = rtrim((string) fgets($socket))) !== '') {
        stripos($line, 'content-length:') === 0 && $length = (int) substr($line, 15);
    }
    if ($length !== null) {
        return $length === 0 ? '' : (string) stream_get_contents($socket, $length);
    }
    for ($body = ''; $size = hexdec(trim((string) fgets($socket))); fgets($socket)) {
        $body .= stream_get_contents($socket, $size);
    }
    fgets($socket);

    return $body;
}

$a = $certificates->connect($server->port);
check('kept alive', [ask($a, '/'), ask($a, '/later'), ask($a, '/')], ['GET ' . md5(''), 'later', 'GET ' . md5('')]);
check('a large answer', md5(ask($a, '/big')), md5(str_repeat('b', 5 << 20)));
check('a file', md5(ask($a, '/sendfile')), md5_file(temp_path('file')));
check('a static file', md5(ask($a, '/file')), md5_file(temp_path('file')));
check('a stream', strlen(ask($a, '/stream')), 100_002);
check('an upload', ask($a, '/', $upload = random_bytes(3 << 20)), 'POST ' . md5($upload));
fwrite($a, str_repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 20));
$came = '';
while (substr_count($came, md5('')) < 20 && ($piece = fread($a, 65536)) !== '') {
    $came .= $piece;
}
check('pipelined', substr_count($came, 'HTTP/1.1 200 OK'), 20);
check('nobody has shown a certificate', ask($a, '/who'), 'nobody');
check('certificates by name', [Certificates::shown($a), Certificates::shown($certificates->connect($server->port, ['peer_name' => 'two.test'])), Certificates::shown($certificates->connect($server->port, ['peer_name' => 'three.test', 'verify_peer_name' => false]))], ['one.test', 'two.test', 'one.test']);
foreach ([STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT => 'TLSv1.2', STREAM_CRYPTO_METHOD_TLSv1_3_CLIENT => 'TLSv1.3'] as $method => $name) {
    $b = $certificates->connect($server->port, ['crypto_method' => $method]);
    check($name, [stream_get_meta_data($b)['crypto']['protocol'], ask($b, '/')], [$name, 'GET ' . md5('')]);
}
$b = $certificates->connect($strict, ['local_cert' => $certificates->path('two.crt'), 'local_pk' => $certificates->path('two.key')]);
check('a client with a certificate', ask($b, '/who'), 'two.test');
$b = $certificates->connect($strict);
check('a client without', $b === false || @fwrite($b, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") === false || (string) @fgets($b) === '');
check('a plain port beside', (new HighperTest\HttpClient($plain))->request('GET', '/')->status, 200);

foreach (['GET / HTTP/1.1' . "\r\n\r\n", random_bytes(500), "\x16\x03\x01\xff\xff", ''] as $n => $garbage) {
    $socket = stream_socket_client("tcp://127.0.0.1:{$server->port}");
    fwrite($socket, $garbage);
    stream_socket_shutdown($socket, STREAM_SHUT_WR);
    stream_set_timeout($socket, 5);
    stream_get_contents($socket);
    check("garbage {$n} ends the connection", feof($socket));
}
$server->waitForLog('bad SSL client[127.0.0.1:');
$half = stream_socket_client("tcp://127.0.0.1:{$server->port}");
fwrite($half, "\x16\x03\x01\x02\x00\x01");
check('the others are served meanwhile', ask($a, '/'), 'GET ' . md5(''));

$certificates->leaf('one', 'renewed.test');
$server->signal(10);
$renewed = fn () => ($b = $certificates->connect($server->port, ['peer_name' => 'renewed.test'])) && ask($b, '/') === 'GET ' . md5('') && Certificates::shown($b) === 'renewed.test';
check('a reload takes new certificates', wait_until($renewed, 'the new certificate', 10));
file_put_contents($certificates->path('one.crt'), 'broken');
$server->signal(10);
$server->waitForLog('the certificates of before stay', 10);
check('broken ones are not taken', wait_until($renewed, 'the certificate of before', 10));
check('the end', $server->stop(), 0);
$server = Server::start("<?php (\$s = new Swoole\\Http\\Server('127.0.0.1', (int) \$argv[1], SWOOLE_BASE, SWOOLE_SOCK_TCP | SWOOLE_SSL))->on('request', fn () => 1); \$s->start();", wait: false);
check('no certificate, no server', [$server->waitForEnd() !== 0, str_contains($server->log(), 'require `ssl_cert_file` and `ssl_key_file` options')], [true, true]);
?>
--EXPECT--
ok: kept alive
ok: a large answer
ok: a file
ok: a static file
ok: a stream
ok: an upload
ok: pipelined
ok: nobody has shown a certificate
ok: certificates by name
ok: TLSv1.2
ok: TLSv1.3
ok: a client with a certificate
ok: a client without
ok: a plain port beside
ok: garbage 0 ends the connection
ok: garbage 1 ends the connection
ok: garbage 2 ends the connection
ok: garbage 3 ends the connection
ok: the others are served meanwhile
ok: a reload takes new certificates
ok: broken ones are not taken
ok: the end
ok: no certificate, no server
