--TEST--
TLS settings: encrypted keys, ciphers, curves, depth of a chain, sessions that resume
--EXTENSIONS--
highper
sockets
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\{Client, Server};
use function HighperTest\{check, temp_path};

// authority > middle > server.test; the server's key is encrypted.
file_put_contents($config = temp_path('openssl.cnf'), "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n[middle]\nbasicConstraints=critical,CA:TRUE\n[leaf]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:server.test\n");
$make = function (string $section, ?array $by = null, ?string $passphrase = null) use ($config): array {
    $options = ['config' => $config, 'x509_extensions' => $section, 'digest_alg' => 'sha256', 'private_key_bits' => 2048];
    $key = openssl_pkey_new($options);
    $request = openssl_csr_new(['commonName' => $section], $key, $options);
    $certificate = openssl_csr_sign($request, $by[0] ?? null, $by[1] ?? $key, 3, $options, random_int(1, 1 << 30));
    openssl_x509_export_to_file($certificate, temp_path("$section.crt"));
    openssl_pkey_export_to_file($key, temp_path("$section.key"), $passphrase, $options + ['encrypt_key' => true, 'encrypt_key_cipher' => OPENSSL_CIPHER_AES_256_CBC]);
    return [$certificate, $key];
};
$make('leaf', $make('middle', $make('ca')), 'open sesame');
file_put_contents(temp_path('chain.crt'), file_get_contents(temp_path('leaf.crt')) . file_get_contents(temp_path('middle.crt')));
$own = ['ssl_cert_file' => temp_path('chain.crt'), 'ssl_key_file' => temp_path('leaf.key')];
$open = $own + ['ssl_passphrase' => 'open sesame'];

Co\run(function () use ($own, $open) {
    $servers = [];
    $serve = function (array $settings) use (&$servers): int {
        $servers[] = $server = new Server('127.0.0.1', 0, true);
        $server->set($settings);
        $server->handle(function ($connection) { $connection->send('hello'); $connection->recv(); $connection->close(); });
        go(fn () => @$server->start());
        return $server->port;
    };
    $greeting = function (int $port, array $settings = []): string|int {
        $client = new Client(SWOOLE_SOCK_TCP | SWOOLE_SSL);
        $client->set($settings);
        return @$client->connect('127.0.0.1', $port, 2) ? $client->recv(2) : $client->errCode;
    };
    // OpenSSL's own words on a session.
    $openssl = function (int $port, string $options): string {
        return (string) Co\System::exec("timeout 5 openssl s_client -connect 127.0.0.1:$port $options </dev/null 2>&1")['output'];
    };

    $port = $serve($open);
    check('the key opens', $greeting($port), 'hello');
    check('depth 1 is enough', $greeting($port, $verify = ['ssl_verify_peer' => true, 'ssl_cafile' => temp_path('ca.crt'), 'ssl_verify_depth' => 1]), 'hello');
    check('depth 0 is not', $greeting($port, ['ssl_verify_depth' => 0] + $verify), SWOOLE_ERROR_SSL_VERIFY_FAILED);

    check('no passphrase', is_int($greeting($serve($own), ['timeout' => 0.3])));
    check('a wrong one', is_int($greeting($serve(['ssl_passphrase' => 'x'] + $own), ['timeout' => 0.3])));

    foreach (['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'] as $cipher) {
        $port = $serve($open + ['ssl_ciphers' => "$cipher:!aNULL"]);
        check($cipher, str_contains($openssl($port, '-tls1_2'), "Cipher is $cipher"));
    }
    $port = $serve($open + ['ssl_ciphers' => 'HIGH:!AESGCM']);
    check('a class taken out', str_contains($openssl($port, '-tls1_2'), 'Cipher is ECDHE-RSA-CHACHA20-POLY1305'));
    check('no cipher that there is', $greeting($serve($open), ['ssl_ciphers' => 'RC4-MD5']), SWOOLE_ERROR_SSL_CREATE_CONTEXT_FAILED);
    check('a client that has another', is_int($greeting($serve($open + ['ssl_protocols' => SWOOLE_SSL_TLSv1_2, 'ssl_ciphers' => 'AES128+aRSA']), ['ssl_ciphers' => 'CHACHA20'])));

    $port = $serve($open + ['ssl_ecdh_curve' => 'P-384']);
    check('one curve', str_contains($openssl($port, '-curves P-384'), 'Cipher is TLS_'));
    check('and no other', str_contains($openssl($port, '-curves X25519'), 'Cipher is (NONE)'));

    $port = $serve($open);
    $file = temp_path('session');
    check('a session is given', str_contains($openssl($port, "-tls1_2 -sess_out $file"), 'New, TLSv1.2'));
    check('and resumed', str_contains($openssl($port, "-tls1_2 -sess_in $file"), 'Reused, TLSv1.2'));
    foreach ($servers as $server) {
        $server->shutdown();
    }
});
echo "done\n";
?>
--EXPECT--
ok: the key opens
ok: depth 1 is enough
ok: depth 0 is not
ok: no passphrase
ok: a wrong one
ok: ECDHE-RSA-AES128-GCM-SHA256
ok: ECDHE-RSA-CHACHA20-POLY1305
ok: a class taken out
ok: no cipher that there is
ok: a client that has another
ok: one curve
ok: and no other
ok: a session is given
ok: and resumed
done
