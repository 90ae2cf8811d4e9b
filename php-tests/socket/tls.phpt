--TEST--
TLS both ways: Coroutine\Server, Coroutine\Socket and Coroutine\Client; certificates judged; peers that speak no TLS
--EXTENSIONS--
highper
sockets
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\{Client, Server, Socket};
use function HighperTest\{check, temp_path};

// An authority, and a certificate of the server that it has signed.
file_put_contents($config = temp_path('openssl.cnf'), "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n[leaf]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:server.test,IP:127.0.0.1\n[self]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:self.test\n");
$make = function (string $name, string $section, ?array $by = null) use ($config): array {
    $options = ['config' => $config, 'x509_extensions' => $section, 'digest_alg' => 'sha256', 'private_key_bits' => 2048];
    $key = openssl_pkey_new($options);
    $request = openssl_csr_new(['commonName' => $name], $key, $options);
    $certificate = openssl_csr_sign($request, $by[0] ?? null, $by[1] ?? $key, 3, $options, random_int(1, 1 << 30));
    openssl_x509_export_to_file($certificate, temp_path("$section.crt"));
    openssl_pkey_export_to_file($key, temp_path("$section.key"), null, $options);
    return [$certificate, $key];
};
$make('server.test', 'leaf', $make('authority', 'ca'));
$make('self.test', 'self');
$with = fn (string $name): array => ['ssl_cert_file' => temp_path("$name.crt"), 'ssl_key_file' => temp_path("$name.key")];

Co\run(function () use ($with) {
    $serve = function (string $certificate) use ($with): Server {
        $server = new Server('127.0.0.1', 0, true);
        $server->set($with($certificate) + ['open_length_check' => true, 'package_length_type' => 'N', 'package_body_offset' => 4]);
        $server->handle(function ($connection) { while ($packet = $connection->recv()) { $connection->send($packet); } });
        go(fn () => $server->start());
        return $server;
    };
    $good = $serve('leaf');
    $client = new Client(SWOOLE_SOCK_TCP | SWOOLE_SSL);
    $client->set(['open_length_check' => true, 'package_length_type' => 'N', 'package_body_offset' => 4]);
    check('connect', $client->connect('127.0.0.1', $good->port, 1));
    foreach ([5, 70_000, 1_500_000] as $size) {
        $packet = pack('N', $size) . random_bytes($size);
        check("$size bytes there and back", [$client->send($packet), $client->recv(5) === $packet], [$size + 4, true]);
    }
    check('its certificate', openssl_x509_parse($client->getPeerCert())['subject']['CN'] ?? null, 'server.test');
    check('not trusted by the system', [$client->verifyPeerCert(), $client->errCode], [false, SWOOLE_ERROR_SSL_VERIFY_FAILED]);
    check('twice', [$client->enableSSL(), $client->errCode], [false, SOCKET_EISCONN]);

    $connect = function (Server $to, array $settings, string $host = '127.0.0.1'): array {
        $client = new Client(SWOOLE_SOCK_TCP | SWOOLE_SSL);
        $client->set($settings);
        return [$client->connect($host, $to->port, 1), $client->errCode];
    };
    $verify = ['ssl_verify_peer' => true, 'ssl_cafile' => temp_path('ca.crt')];
    $refused = [false, SWOOLE_ERROR_SSL_VERIFY_FAILED];
    check('trusted', $connect($good, $verify), [true, 0]);
    check('and of that name', $connect($good, $verify + ['ssl_host_name' => 'server.test']), [true, 0]);
    check('not of another', $connect($good, $verify + ['ssl_host_name' => 'other.test']), $refused);
    check('by another authority', $connect($good, ['ssl_cafile' => temp_path('self.crt')] + $verify), $refused);
    check('by nobody', $connect($good, ['ssl_verify_peer' => true]), $refused);
    $self = $serve('self');
    check('signed by itself', $connect($self, $verify), $refused);
    check('which is allowed', $connect($self, $verify + ['ssl_allow_self_signed' => true]), [true, 0]);
    check('trusted by itself', $connect($self, ['ssl_cafile' => temp_path('self.crt')] + $verify), [true, 0]);
    check('TLS 1.2 alone', $connect($good, ['ssl_protocols' => SWOOLE_SSL_TLSv1_2]), [true, 0]);
    check('a version that there is not', $connect($good, ['ssl_protocols' => SWOOLE_SSL_TLSv1]), [false, SWOOLE_ERROR_SSL_CREATE_CONTEXT_FAILED]);
    check('no such file', @(new Client(SWOOLE_SOCK_TCP | SWOOLE_SSL))->set(['ssl_cafile' => '/nonexistent']));

    // The server asks for the client's certificate.
    $listener = new Socket(AF_INET, SOCK_STREAM, 0);
    $listener->bind('127.0.0.1', 0);
    $listener->listen();
    check('settings of a socket', $listener->setProtocol(['open_ssl' => true] + $with('leaf') + $verify));
    foreach (['leaf' => [true, 0], 'self' => $refused, '' => $refused] as $certificate => $wanted) {
        $done = new Co\Channel(1);
        go(function () use ($listener, $done) { $end = $listener->accept(1); $done->push([$end->sslHandshake(), $end->errCode]); });
        $client = new Client(SWOOLE_SOCK_TCP | SWOOLE_SSL);
        $client->set($certificate === '' ? [] : $with($certificate));
        $client->connect('127.0.0.1', $listener->getsockname()['port'], 1);
        check("a client with the certificate '$certificate'", $done->pop(2), $wanted);
    }
    check('not TLS yet', [$listener->sslHandshake(), $listener->errCode !== 0], [false, true]);

    // Files, pieces, peeking, half-closed ends.
    $listener->setProtocol(['open_ssl' => true, 'ssl_verify_peer' => false] + $with('leaf'));
    $end = null;
    go(function () use ($listener, &$end) { $end = $listener->accept(1); $end->sslHandshake(); });
    $socket = new Socket(AF_INET, SOCK_STREAM, 0);
    $socket->setProtocol(['open_ssl' => true]);
    check('a socket connects', $socket->connect('127.0.0.1', $listener->getsockname()['port'], 1));
    Co::sleep(0.01);
    go(fn () => $socket->writeVectorAll([str_repeat('a', 100_000), str_repeat('b', 50_000)]));
    check('vectors', array_map('strlen', $end->readVectorAll([100_000, 50_000], 2)), [100_000, 50_000]);
    file_put_contents(temp_path('file'), $content = random_bytes(200_000));
    go(fn () => $socket->sendFile(temp_path('file'), 100));
    check('a file', $end->recvAll(199_900, 2) === substr($content, 100));
    $socket->send('peeked');
    Co::sleep(0.01);
    check('peek', [$end->peek(3), $end->recv()], ['pee', 'peeked']);
    $both = '';
    go(function () use ($end, &$both) { $both .= $end->recv(10, 1); });
    go(function () use ($end) { $end->send('at the same time'); });
    check('one reads, another writes', [$socket->recv(100, 1), $socket->send('x')], ['at the same time', 1]);
    Co::sleep(0.01);
    check('read', $both, 'x');
    $socket->shutdown(1);
    check('half-closed', [$end->recv(10, 1), $end->send('goodbye'), $socket->recv(10, 1)], ['', 7, 'goodbye']);
    check('in time', [$socket->recv(10, 0.01), $socket->errCode], [false, SOCKET_ETIMEDOUT]);

    // Peers that speak no TLS, or nothing.
    $plain = new Server('127.0.0.1');
    $plain->handle(function ($connection) { $connection->recv(); $connection->send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
    go(fn () => $plain->start());
    check('a server without TLS', $connect($plain, []), [false, SWOOLE_ERROR_SSL_HANDSHAKE_FAILED]);
    go(function () use ($listener) { $end = $listener->accept(1); check('a client without TLS', [$end->sslHandshake(), $end->errCode], [false, SWOOLE_ERROR_SSL_BAD_CLIENT]); });
    $client = new Client(SWOOLE_SOCK_TCP);
    $client->connect('127.0.0.1', $listener->getsockname()['port']);
    $client->send("GET / HTTP/1.1\r\n\r\n");
    Co::sleep(0.01);
    go(function () use ($listener) { $end = $listener->accept(1); $end->setOption(SOL_SOCKET, SO_RCVTIMEO, ['sec' => 0, 'usec' => 10_000]); check('a client that says nothing', [$end->sslHandshake(), $end->errCode], [false, SOCKET_ETIMEDOUT]); });
    $silent = new Client(SWOOLE_SOCK_TCP);
    $silent->connect('127.0.0.1', $listener->getsockname()['port']);
    Co::sleep(0.05);

    // enableSSL() on an open connection.
    go(function () use ($listener) { $end = $listener->accept(1); $end->sslHandshake(); $end->send('secret'); });
    $client = new Client(SWOOLE_SOCK_TCP);
    $client->connect('127.0.0.1', $listener->getsockname()['port'], 1);
    check('enableSSL', [$client->getPeerCert(), $client->enableSSL(), $client->recv(1), strlen($client->getPeerCert()) > 100], [false, true, 'secret', true]);
    foreach ([$good, $self, $plain] as $server) { $server->shutdown(); }
});
--EXPECT--
ok: connect
ok: 5 bytes there and back
ok: 70000 bytes there and back
ok: 1500000 bytes there and back
ok: its certificate
ok: not trusted by the system
ok: twice
ok: trusted
ok: and of that name
ok: not of another
ok: by another authority
ok: by nobody
ok: signed by itself
ok: which is allowed
ok: trusted by itself
ok: TLS 1.2 alone
ok: a version that there is not
ok: no such file
ok: settings of a socket
ok: a client with the certificate 'leaf'
ok: a client with the certificate 'self'
ok: a client with the certificate ''
ok: not TLS yet
ok: a socket connects
ok: vectors
ok: a file
ok: peek
ok: one reads, another writes
ok: read
ok: half-closed
ok: in time
ok: a server without TLS
ok: a client without TLS
ok: a client that says nothing
ok: enableSSL
