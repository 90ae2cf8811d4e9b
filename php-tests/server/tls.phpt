--TEST--
A server that speaks TLS: large answers, files, certificates by name, of clients, bad clients, a peer that never shakes hands
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\Server;

file_put_contents($config = temp_path('openssl.cnf'), "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n[leaf]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:one.test,IP:127.0.0.1\n[two]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:two.test\n");
$make = function (string $section, string $name, ?array $by = null) use ($config): array {
    $options = ['config' => $config, 'x509_extensions' => $section, 'digest_alg' => 'sha256', 'private_key_bits' => 2048];
    $key = openssl_pkey_new($options);
    $request = openssl_csr_new(['commonName' => $name], $key, $options);
    $certificate = openssl_csr_sign($request, $by[0] ?? null, $by[1] ?? $key, 3, $options, random_int(1, 1 << 30));
    openssl_x509_export_to_file($certificate, temp_path("$section.crt"));
    openssl_pkey_export_to_file($key, temp_path("$section.key"), null, $options);
    return [$certificate, $key];
};
$ca = $make('ca', 'the ca');
$make('leaf', 'one.test', $ca);
$make('two', 'two.test', $ca);
file_put_contents($file = temp_path('file'), str_repeat('0123456789abcdef', 1 << 16));
$strict = free_port();
$server = Server::start(<<<'PHP'
    <?php
    $folder = getenv('FOLDER');
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE, SWOOLE_SOCK_TCP | SWOOLE_SSL);
    $server->set(['worker_num' => 1, 'ssl_cert_file' => "$folder/leaf.crt", 'ssl_key_file' => "$folder/leaf.key", 'open_eof_split' => true, 'package_eof' => "\n",
        'ssl_sni_certs' => ['two.test' => ['ssl_cert_file' => "$folder/two.crt", 'ssl_key_file' => "$folder/two.key"]]]);
    $strict = $server->listen('127.0.0.1', (int) getenv('STRICT'), SWOOLE_SOCK_TCP | SWOOLE_SSL);
    $strict->set(['ssl_cert_file' => "$folder/leaf.crt", 'ssl_key_file' => "$folder/leaf.key", 'ssl_verify_peer' => true, 'ssl_client_cert_file' => "$folder/ca.crt", 'open_eof_split' => true, 'package_eof' => "\n"]);
    $server->on('connect', fn ($server, $fd) => print("connected\n"));
    $server->on('receive', function ($server, $fd, $reactor, $data) {
        match (trim($data)) {
            'big' => $server->send($fd, str_repeat('b', 5 << 20) . "\n") && $server->close($fd),
            'file' => $server->sendfile($fd, getenv('FOLDER') . '/file') && $server->close($fd),
            'who' => $server->send($fd, (openssl_x509_parse($server->getClientInfo($fd)['ssl_client_cert'] ?? '')['subject']['CN'] ?? 'nobody') . "\n"),
            default => $server->send($fd, $data),
        };
    });
    $server->on('workerStart', fn ($server) => print(json_encode([$server->ssl, $server->ports[0]->ssl]) . "\n"));
    $server->start();
    PHP, environment: ['FOLDER' => dirname($file), 'STRICT' => (string) $strict]);

function connect(int $port, array $options = []): mixed
{
    $context = stream_context_create(['ssl' => $options + ['verify_peer' => true, 'cafile' => temp_path('ca.crt'), 'peer_name' => 'one.test', 'capture_peer_cert' => true]]);
    $socket = @stream_socket_client("tls://127.0.0.1:{$port}", $code, $text, 5, STREAM_CLIENT_CONNECT, $context);
    $socket && stream_set_timeout($socket, 5);
    return $socket;
}
$say = function ($socket, string $text): string {
    @fwrite($socket, $text . "\n");
    return trim((string) @fgets($socket));
};
$a = connect($server->port);
check('echo', [$say($a, 'hello'), $say($a, str_repeat('x', 60_000))], ['hello', str_repeat('x', 60_000)]);
fwrite($a, "in ");
fwrite($a, "pieces\nand two\n");
check('packets across records', [trim(fgets($a)), trim(fgets($a))], ['in pieces', 'and two']);
foreach (['big' => (5 << 20) + 1, 'file' => 1 << 20] as $what => $length) {
    $socket = connect($server->port);
    fwrite($socket, "{$what}\n");
    usleep(50_000);
    check("{$what}, then close", strlen(stream_get_contents($socket)), $length);
}
$name = fn ($socket) => openssl_x509_parse(stream_context_get_params($socket)['options']['ssl']['peer_certificate'])['subject']['CN'];
check('the certificate', $name($a), 'one.test');
check('the one of another name', $name(connect($server->port, ['peer_name' => 'two.test'])), 'two.test');
$own = connect($strict, ['local_cert' => temp_path('leaf.crt'), 'local_pk' => temp_path('leaf.key')]);
check('a client that shows its certificate', $say($own, 'who'), 'one.test');
$none = connect($strict);
check('one that has none', $none === false ? '' : $say($none, 'who'), '');
check('no TLS', (function () use ($server) {
    $raw = stream_socket_client("tcp://127.0.0.1:{$server->port}");
    stream_set_timeout($raw, 3);
    fwrite($raw, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    stream_get_contents($raw);
    return feof($raw);
})());
check('it is logged', str_contains($server->waitForLog('bad SSL client'), 'bad SSL client[127.0.0.1:'));
$silent = stream_socket_client("tcp://127.0.0.1:{$server->port}");
check('others meanwhile', $say($a, 'still'), 'still');
check('connections that were told', substr_count($server->log(), 'connected'), 5);
check('ssl', preg_match('/^\[true,true\]$/m', $server->log()), 1);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: echo
ok: packets across records
ok: big, then close
ok: file, then close
ok: the certificate
ok: the one of another name
ok: a client that shows its certificate
ok: one that has none
ok: no TLS
ok: it is logged
ok: others meanwhile
ok: connections that were told
ok: ssl
ok: exit code
