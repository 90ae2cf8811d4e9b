<?php

declare(strict_types=1);

namespace HighperTest;

/** A Redis server of the test's own, on a port, that can be killed and started again. */
final class Redis
{
    private ?Daemon $daemon = null;

    /** @param list<string> $options as its configuration has them: ['--requirepass', 'secret'] */
    public function __construct(private array $options = [], public readonly int $port = 0, private readonly bool $isSentinel = false)
    {
        $this->start();
    }

    /** One on a free port. @param string ...$options */
    public static function on(string ...$options): self
    {
        return new self($options, free_port());
    }

    /** A sentinel, or a server that writes its configuration: it needs a file. */
    public static function sentinel(string $configuration): self
    {
        $port = free_port();
        $file = temp_path("sentinel-{$port}.conf");
        file_put_contents($file, "port {$port}\nbind 127.0.0.1\ndir " . temp_path('') . "\n{$configuration}\n");

        return new self([$file, '--sentinel'], $port, true);
    }

    public function start(): void
    {
        $own = $this->isSentinel ? [] : ['--port', (string) $this->port, '--bind', '127.0.0.1', '--hz', '100', '--save', '', '--dir', temp_path(''),
            '--dbfilename', "{$this->port}.rdb", '--repl-diskless-sync-delay', '0'];
        $this->daemon = Daemon::start([Daemon::find('redis-server'), ...($this->isSentinel ? $this->options : [...$own, ...$this->options])], "127.0.0.1:{$this->port}");
    }

    /** Ends it at once, as a crash does. */
    public function kill(): void
    {
        $this->daemon = null;
    }

    public function signal(int $signal): void
    {
        $this->daemon?->signal($signal);
    }

    public function url(): string
    {
        return "redis://127.0.0.1:{$this->port}";
    }
}
