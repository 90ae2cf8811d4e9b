--TEST--
PHP's TLS streams as clients and servers in coroutines: SNI, client certificates, stream_socket_enable_crypto(), many at once, large answers
--EXTENSIONS--
highper
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use function Swoole\Coroutine\{go, run};

file_put_contents($config = temp_path('openssl.cnf'), "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n[one]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:one.test\n[two]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:two.test\n[client]\nbasicConstraints=CA:FALSE\n");
$make = static function (string $section, ?array $by = null) use ($config): array {
    $options = ['config' => $config, 'x509_extensions' => $section, 'digest_alg' => 'sha256', 'private_key_bits' => 2048, 'private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1'];
    $key = openssl_pkey_new($options);
    $request = openssl_csr_new(['commonName' => "{$section}.test"], $key, $options);
    $certificate = openssl_csr_sign($request, $by[0] ?? null, $by[1] ?? $key, 3, $options, random_int(1, 1 << 30));
    openssl_x509_export($certificate, $text);
    openssl_pkey_export($key, $secret, null, $options);
    file_put_contents(temp_path("{$section}.pem"), $text . $secret);
    return [$certificate, $key];
};
$authority = $make('ca');
foreach (['one', 'two', 'client'] as $name) { $make($name, $authority); }

$server = static fn (array $more = []) => stream_context_create(['ssl' => $more + [
    'local_cert' => temp_path('one.pem'),
    'SNI_server_certs' => ['one.test' => temp_path('one.pem'), 'two.test' => temp_path('two.pem')],
]]);
$client = static fn (string $name, array $more = []) => stream_context_create(['ssl' => $more + ['cafile' => temp_path('ca.pem'), 'peer_name' => $name, 'capture_peer_cert' => true]]);
/** Who the server says that it is. */
function subject($stream): string { return openssl_x509_parse(stream_context_get_params($stream)['options']['ssl']['peer_certificate'])['subject']['CN']; }

run(static function () use ($server, $client) {
    $listener = stream_socket_server('ssl://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $server());
    $address = stream_socket_get_name($listener, false);
    go(static function () use ($listener) {
        while (($peer = @stream_socket_accept($listener, 2)) || is_resource($listener)) {
            if (! $peer) { continue; }
            go(static function () use ($peer) {
                while (($line = fgets($peer)) !== false) {
                    usleep(20_000);
                    fwrite($peer, is_numeric($line) ? str_repeat('x', (int) $line) : strrev(rtrim($line)) . "\n");
                }
            });
        }
    });
    foreach (['one.test', 'two.test'] as $name) {
        $stream = stream_socket_client("ssl://{$address}", $code, $message, 5, STREAM_CLIENT_CONNECT, $client($name));
        check("by its name: {$name}", [subject($stream), fwrite($stream, "hello\n"), fgets($stream)], [$name, 6, "olleh\n"]);
    }
    $meta = stream_get_meta_data($stream);
    check('the version', in_array($meta['crypto']['protocol'] ?? '', ['TLSv1.2', 'TLSv1.3'], true));
    fwrite($stream, "5000000\n");
    for ($got = 0; $got < 5_000_000 && ($part = fread($stream, 65_536)) !== ''; ) { $got += strlen($part); }
    check('five million bytes', $got, 5_000_000);
    check('another name is refused', @stream_socket_client("ssl://{$address}", $code, $message, 5, STREAM_CLIENT_CONNECT, $client('three.test')), false);
    check('an unknown authority is refused', @stream_socket_client("ssl://{$address}", $code, $message, 5, STREAM_CLIENT_CONNECT, stream_context_create(['ssl' => ['peer_name' => 'one.test']])), false);

    // Many, established first: the answers come side by side.
    $streams = [];
    for ($i = 0; $i < 20; $i++) {
        $streams[] = stream_socket_client("ssl://{$address}", $code, $message, 5, STREAM_CLIENT_CONNECT, $client('one.test'));
    }
    $done = 0;
    $start = microtime(true);
    foreach ($streams as $i => $one) {
        go(static function () use ($one, $i, &$done) { fwrite($one, "word{$i}\n"); $done += rtrim(fgets($one)) === strrev("word{$i}") ? 1 : 0; });
    }
    while ($done < 20 && microtime(true) - $start < 5) { usleep(1_000); }
    $time = microtime(true) - $start;
    check('twenty side by side', [$done, $time < 0.35 ?: $time], [20, true]);

    // A time-out, and the connection is still good.
    stream_set_timeout($stream, 0, 20_000);
    check('a time-out', [fread($stream, 10), stream_get_meta_data($stream)['timed_out']], [false, true]);
    stream_set_timeout($stream, 5);
    check('and on', [fwrite($stream, "later\n"), fgets($stream)], [6, "retal\n"]);
    fclose($listener);

    // The client has to show a certificate.
    $listener = stream_socket_server('ssl://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN,
        // PHP judges clients by the context of their name where there are several: it knows no authority.
        stream_context_create(['ssl' => ['local_cert' => temp_path('one.pem'), 'verify_peer' => true, 'verify_peer_name' => false, 'cafile' => temp_path('ca.pem'), 'capture_peer_cert' => true]]));
    $address = stream_socket_get_name($listener, false);
    go(static function () use ($listener) {
        for ($i = 0; $i < 2; $i++) {
            if ($peer = @stream_socket_accept($listener, 5)) { fwrite($peer, subject($peer) . "\n"); }
        }
    });
    $stream = stream_socket_client("ssl://{$address}", $code, $message, 5, STREAM_CLIENT_CONNECT, $client('one.test', ['local_cert' => temp_path('client.pem')]));
    check('a client certificate', fgets($stream), "client.test\n");
    $stream = @stream_socket_client("ssl://{$address}", $code, $message, 5, STREAM_CLIENT_CONNECT, $client('one.test'));
    check('none', $stream ? @fgets($stream) : false, false);

    // From plain to TLS, as SMTP's STARTTLS does it.
    $listener = stream_socket_server('tcp://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $server());
    go(static function () use ($listener) {
        $peer = stream_socket_accept($listener, 5);
        fgets($peer);
        fwrite($peer, "go ahead\n");
        stream_socket_enable_crypto($peer, true, STREAM_CRYPTO_METHOD_TLS_SERVER);
        fwrite($peer, 'secret: ' . fgets($peer));
    });
    $stream = stream_socket_client('tcp://' . stream_socket_get_name($listener, false), $code, $message, 5, STREAM_CLIENT_CONNECT, $client('one.test'));
    fwrite($stream, "STARTTLS\n");
    check('go ahead', fgets($stream), "go ahead\n");
    check('enable_crypto', [stream_socket_enable_crypto($stream, true, STREAM_CRYPTO_METHOD_TLS_CLIENT), fwrite($stream, "word\n"), fgets($stream)], [true, 5, "secret: word\n"]);

    // A peer that never answers the handshake.
    $silent = stream_socket_server('tcp://127.0.0.1:0');
    $start = microtime(true);
    check('silence', @stream_socket_client('ssl://' . stream_socket_get_name($silent, false), $code, $message, 0.1, STREAM_CLIENT_CONNECT, $client('one.test')), false);
    $time = microtime(true) - $start;
    check('ends in its time', $time >= 0.09 && $time < 2 ?: $time);
});
?>
--EXPECT--
ok: by its name: one.test
ok: by its name: two.test
ok: the version
ok: five million bytes
ok: another name is refused
ok: an unknown authority is refused
ok: twenty side by side
ok: a time-out
ok: and on
ok: a client certificate
ok: none
ok: go ahead
ok: enable_crypto
ok: silence
ok: ends in its time
