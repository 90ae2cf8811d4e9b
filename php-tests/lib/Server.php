<?php

declare(strict_types=1);

namespace HighperTest;

/**
 * A PHP server in a process of its own. The port is chosen freely and given to the script
 * as $argv[1] and in the environment as PORT. It is ended at the latest when the test ends.
 */
final class Server
{
    /** @var resource|null */
    private $process;
    private ?int $exitCode = null;

    private function __construct(public readonly int $port, public readonly int $pid, private readonly string $logFile, $process)
    {
        $this->process = $process;
        register_shutdown_function(fn () => $this->kill());
    }

    /**
     * Starts `$script` (a file, or PHP code that begins with `<?php`) and waits until it accepts connections.
     *
     * @param list<string> $arguments after the port
     * @param array<string, string> $ini settings for this process
     * @param array<string, string> $environment added to the test's own
     * @param bool $wait whether to wait for the port
     */
    public static function start(
        string $script,
        array $arguments = [],
        array $ini = [],
        array $environment = [],
        bool $wait = true,
        float $seconds = 10.0,
        ?int $port = null,
    ): self {
        static $number = 0;
        $number++;
        if (str_starts_with($script, '<?php')) {
            $file = temp_path("server-{$number}-" . getmypid() . '.php');
            file_put_contents($file, $script);
            $script = $file;
        }
        $port ??= free_port();
        $log = temp_path("server-{$number}-" . getmypid() . '.log');
        $command = [getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY];
        foreach ($ini as $name => $value) {
            array_push($command, '-d', "{$name}={$value}");
        }
        array_push($command, $script, (string) $port, ...$arguments);
        $process = proc_open(
            $command,
            [['file', '/dev/null', 'r'], ['file', $log, 'a'], ['file', $log, 'a']],
            $pipes,
            dirname($script),
            $environment + ['PORT' => (string) $port] + getenv(),
        );
        if ($process === false) {
            throw new \RuntimeException('cannot start ' . implode(' ', $command));
        }
        $server = new self($port, proc_get_status($process)['pid'], $log, $process);
        if ($wait) {
            $server->waitUntilItAccepts($seconds);
        }

        return $server;
    }

    /** Waits for the port; a server that ends before that is an exception that holds its log. */
    public function waitUntilItAccepts(float $seconds = 10.0): void
    {
        $end = microtime(true) + patience($seconds);
        while (true) {
            $socket = @stream_socket_client("tcp://127.0.0.1:{$this->port}", $code, $message, 1.0);
            if ($socket !== false) {
                fclose($socket);

                return;
            }
            if (!$this->isRunning()) {
                throw new \RuntimeException("the server ended with code {$this->exitCode} before it accepted:\n" . $this->log());
            }
            if (microtime(true) > $end) {
                $this->kill();
                throw new \RuntimeException("the server accepts nothing after {$seconds} s:\n" . $this->log());
            }
            usleep(5_000);
        }
    }

    public function isRunning(): bool
    {
        if ($this->process === null) {
            return false;
        }
        $status = proc_get_status($this->process);
        if ($status['running']) {
            return true;
        }
        $this->exitCode = $status['signaled'] ? -$status['termsig'] : $status['exitcode'];
        proc_close($this->process);
        $this->process = null;

        return false;
    }

    /** Sends a signal to the main process. */
    public function signal(int $signal): void
    {
        if ($this->process !== null) {
            proc_terminate($this->process, $signal);
        }
    }

    /** Ends it with SIGTERM. Returns the exit code; negative is the signal that ended it. */
    public function stop(float $seconds = 10.0): int
    {
        $this->signal(15);

        return $this->waitForEnd($seconds);
    }

    /** Waits for its end without asking for it. */
    public function waitForEnd(float $seconds = 10.0): int
    {
        try {
            wait_until(fn () => !$this->isRunning(), "the end of the server (pid {$this->pid})", $seconds);
        } catch (\RuntimeException $e) {
            $this->kill();
            throw new \RuntimeException($e->getMessage() . "; its log:\n" . $this->log());
        }

        return (int) $this->exitCode;
    }

    /** Ends it and its children at once. */
    public function kill(): void
    {
        if ($this->process === null) {
            return;
        }
        foreach ($this->children() as $pid) {
            posix_kill($pid, 9);
        }
        proc_terminate($this->process, 9);
        wait_until(fn () => !$this->isRunning(), 'the end of a killed server');
    }

    /**
     * Process ids of its children (the workers, where it is a manager).
     *
     * @return list<int>
     */
    public function children(): array
    {
        $list = @file_get_contents("/proc/{$this->pid}/task/{$this->pid}/children");

        return array_map(intval(...), preg_split('/\s+/', trim((string) $list), -1, PREG_SPLIT_NO_EMPTY));
    }

    /** What it printed so far, stdout and stderr together. */
    public function log(): string
    {
        return (string) @file_get_contents($this->logFile);
    }

    /** Waits until its log holds `$text`, and returns the log. */
    public function waitForLog(string $text, float $seconds = 5.0): string
    {
        try {
            wait_until(fn () => str_contains($this->log(), $text), "a log with '{$text}'", $seconds);
        } catch (\RuntimeException $e) {
            throw new \RuntimeException($e->getMessage() . "; it holds:\n" . $this->log());
        }

        return $this->log();
    }

    /** One request on a connection of its own. */
    public function get(string $path, array $headers = []): HttpAnswer
    {
        return $this->request('GET', $path, '', $headers);
    }

    /** @param array<string, string> $headers */
    public function request(string $method, string $path, string $body = '', array $headers = [], float $seconds = 5.0): HttpAnswer
    {
        $client = new HttpClient($this->port, $seconds);
        try {
            return $client->request($method, $path, $body, $headers + ['Connection' => 'close']);
        } finally {
            $client->close();
        }
    }

    /** A bare connection. */
    public function connect(float $seconds = 5.0): TcpClient
    {
        return new TcpClient($this->port, $seconds);
    }
}
