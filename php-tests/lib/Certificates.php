<?php

declare(strict_types=1);

namespace HighperTest;

/** Certificates in the test's own folder, by the extension openssl: PEM files NAME.crt and NAME.key. */
final class Certificates
{
    private readonly string $config;
    /** @var array{\OpenSSLCertificate, \OpenSSLAsymmetricKey} */
    private array $ca;

    public readonly string $folder;

    public function __construct(string $name = 'the ca')
    {
        $this->folder = dirname(temp_path('x'));
        $this->config = temp_path('openssl.cnf');
        $this->ca = $this->make('ca', $name, "basicConstraints=critical,CA:TRUE\n");
    }

    /** A certificate for a name, signed by the ca; its files are overwritten when there are some. */
    public function leaf(string $file, string $name): void
    {
        $this->make($file, $name, "basicConstraints=CA:FALSE\nsubjectAltName=DNS:{$name},IP:127.0.0.1\n", $this->ca);
    }

    public function path(string $file): string
    {
        return "{$this->folder}/{$file}";
    }

    /** A client's connection to 127.0.0.1; false when there is none. */
    public function connect(int $port, array $options = []): mixed
    {
        $context = stream_context_create(['ssl' => $options + ['verify_peer' => true, 'cafile' => $this->path('ca.crt'), 'peer_name' => 'one.test', 'capture_peer_cert' => true]]);
        $socket = @stream_socket_client("tls://127.0.0.1:{$port}", $code, $text, patience(5), STREAM_CLIENT_CONNECT, $context);
        $socket && stream_set_timeout($socket, (int) patience(5));

        return $socket;
    }

    /** The name on the certificate that the server has shown. */
    public static function shown(mixed $socket): string
    {
        return openssl_x509_parse(stream_context_get_params($socket)['options']['ssl']['peer_certificate'])['subject']['CN'];
    }

    private function make(string $file, string $name, string $extensions, ?array $by = null): array
    {
        file_put_contents($this->config, "[req]\ndistinguished_name=dn\n[dn]\n[made]\n{$extensions}");
        $options = ['config' => $this->config, 'x509_extensions' => 'made', 'digest_alg' => 'sha256', 'private_key_bits' => 2048, 'private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1'];
        $key = openssl_pkey_new($options);
        $request = openssl_csr_new(['commonName' => $name], $key, $options);
        $certificate = openssl_csr_sign($request, $by[0] ?? null, $by[1] ?? $key, 3, $options, random_int(1, 1 << 30));
        openssl_x509_export_to_file($certificate, $this->path("{$file}.crt"));
        openssl_pkey_export_to_file($key, $this->path("{$file}.key"), null, $options);

        return [$certificate, $key];
    }
}
