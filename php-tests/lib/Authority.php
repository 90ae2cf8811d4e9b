<?php

declare(strict_types=1);

namespace HighperTest;

/** A certificate authority of the test's own that speaks ACME: acme.php in a process. It looks at the ports `http` and `https` of its control. */
final class Authority
{
    public readonly Certificates $certificates;
    public readonly int $port;
    public readonly int $http;
    public readonly int $https;
    private ?Daemon $daemon = null;
    private array $control;

    public function __construct(array $control = [])
    {
        $this->certificates = new Certificates('the authority');
        $this->certificates->leaf('acme', 'acme.test');
        [$this->port, $this->http, $this->https] = [free_port(), free_port(), free_port()];
        $this->control = ['http' => $this->http, 'https' => $this->https];
        $this->tell($control);
        touch($this->certificates->path('events'));
    }

    public function start(): self
    {
        $php = getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY;
        $this->daemon = Daemon::start([$php, __DIR__ . '/acme.php', $this->certificates->folder, (string) $this->port], "127.0.0.1:{$this->port}");

        return $this;
    }

    public function stop(): void
    {
        $this->daemon = null;
    }

    /** Changes what it is to do: fail (a type of RFC 8555) at (parts of paths) with status and detail, retry_after, lifetime, offers, binding, hang. */
    public function tell(array $control): void
    {
        $this->control = $control + $this->control;
        file_put_contents($this->certificates->path('control.new'), json_encode($this->control));
        rename($this->certificates->path('control.new'), $this->certificates->path('control.json'));
    }

    /** What it did so far, in lines. */
    public function events(): string
    {
        return (string) file_get_contents($this->certificates->path('events'));
    }

    /** The settings of an application whose certificates come from it. */
    public function settings(array $auto, array $tls = []): array
    {
        return [
            'listen' => "127.0.0.1:{$this->https}",
            'tls' => $tls + ['auto' => $auto + [
                'names' => ['one.test'], 'agree' => true, 'email' => 'ops@one.test', 'folder' => 'tls', 'retry' => 1,
                'directory' => "https://127.0.0.1:{$this->port}/directory", 'ca' => $this->certificates->path('ca.crt'), 'http' => "127.0.0.1:{$this->http}",
            ]],
        ];
    }

    /** The certificate that is shown for a name: its first names, who has signed it and until when it is valid; null without a connection. */
    public function shown(string $name): ?array
    {
        $socket = $this->certificates->connect($this->https, ['peer_name' => $name, 'verify_peer' => false, 'verify_peer_name' => false]);
        if (!$socket) {
            return null;
        }
        $shown = openssl_x509_parse(stream_context_get_params($socket)['options']['ssl']['peer_certificate']);

        return ['names' => $shown['extensions']['subjectAltName'] ?? '', 'by' => $shown['issuer']['CN'] ?? '', 'until' => $shown['validTo_time_t'], 'serial' => $shown['serialNumberHex']];
    }

    /** Waits for a certificate of this authority. */
    public function waitFor(string $name, float $seconds = 15): array
    {
        return wait_until(fn () => ($shown = $this->shown($name)) && $shown['by'] === 'the authority' ? $shown : null, "a certificate of {$name}", $seconds);
    }
}
