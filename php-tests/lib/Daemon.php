<?php

declare(strict_types=1);

namespace HighperTest;

/** A private service on a local socket or port, in the test's temporary folder, until the test ends. More of them: Services. */
final class Daemon
{
    /** @param resource $process */
    private function __construct(private $process, public readonly string $socket, private readonly int $end)
    {
    }

    /** Why a test must be skipped: 'skip …', or ''. */
    public static function missing(string ...$programs): string
    {
        foreach ($programs as $program) {
            if (self::find($program) === null) {
                return "skip {$program} is not installed";
            }
        }

        return '';
    }

    /** MariaDB: user root, no password, database `test`. */
    public static function mariaDb(int $connections = 100): self
    {
        $data = temp_path('mariadb');
        $user = posix_geteuid() === 0 ? ['--user=root'] : [];
        self::run([self::find('mariadb-install-db'), '--no-defaults', "--datadir={$data}", '--auth-root-authentication-method=normal',
            '--skip-test-db', '--skip-name-resolve', ...$user]);
        $socket = temp_path('mariadb.sock');
        $daemon = self::start([self::find('mariadbd'), '--no-defaults', "--datadir={$data}", "--socket={$socket}", '--skip-networking',
            "--pid-file={$data}/pid", "--max-connections={$connections}", "--back-log={$connections}", '--innodb-buffer-pool-size=8M', '--skip-name-resolve', ...$user], $socket);
        wait_until(static function () use ($socket): bool {
            try {
                (new \PDO("mysql:unix_socket={$socket}", 'root', ''))->exec('CREATE DATABASE IF NOT EXISTS test');

                return true;
            } catch (\PDOException) {
                return false;
            }
        }, 'a connection to MariaDB', 30);

        return $daemon;
    }

    /** Redis without persistence. */
    public static function redis(): self
    {
        $socket = temp_path('redis.sock');

        return self::start([self::find('redis-server'), '--port', '0', '--unixsocket', $socket, '--hz', '100', '--save', '', '--dir', temp_path('')], $socket);
    }

    /** PHP-FPM of this PHP's version, or of none in its name. */
    public static function fpm(): self
    {
        $socket = temp_path('fpm.sock');
        $config = temp_path('fpm.conf');
        file_put_contents($config, "[global]\nerror_log = {$socket}.errors\ndaemonize = no\n[www]\nlisten = {$socket}\npm = static\npm.max_children = 2\nuser = "
            . get_current_user() . "\n");

        return self::start([self::find(self::fpmName()), '-n', '-R', '-y', $config], $socket);
    }

    public static function fpmName(): string
    {
        $name = 'php-fpm' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;

        return self::find($name) === null ? 'php-fpm' : $name;
    }

    public function __destruct()
    {
        proc_terminate($this->process, $this->end);
        proc_close($this->process);
    }

    /** Sends it a signal. */
    public function signal(int $signal): void
    {
        proc_terminate($this->process, $signal);
    }

    /**
     * Starts a service and waits until it accepts connections.
     *
     * @param list<string> $command
     * @param string $socket a path, or host:port
     * @param array<string, string> $environment added to the test's own
     * @param int $end the signal that ends it
     */
    public static function start(array $command, string $socket, array $environment = [], int $end = SIGKILL, float $seconds = 30): self
    {
        $file = temp_path(strtr(basename($socket), ':', '-') . '.log');
        $log = ['file', $file, 'w'];
        $process = proc_open($command, [['file', '/dev/null', 'r'], $log, $log], $pipes, null, $environment + getenv());
        $daemon = new self($process, $socket, $end);
        $address = $socket[0] === '/' ? "unix://{$socket}" : "tcp://{$socket}";
        // A socket's file is there before somebody listens on it.
        wait_until(static fn () => is_resource(@stream_socket_client($address)) || ! proc_get_status($process)['running'], "{$command[0]} at its socket", $seconds);
        if (! proc_get_status($process)['running']) {
            throw new \RuntimeException("{$command[0]} did not start: " . file_get_contents($file));
        }

        return $daemon;
    }

    /**
     * Runs a program to its end; an exception says how it failed.
     *
     * @param list<string> $command
     */
    public static function run(array $command): void
    {
        exec(implode(' ', array_map(escapeshellarg(...), $command)) . ' 2>&1', $output, $code);
        if ($code !== 0) {
            throw new \RuntimeException("{$command[0]} failed: " . implode("\n", $output));
        }
    }

    /** Its path, or null where it is not installed. */
    public static function find(string $program): ?string
    {
        foreach ([...explode(':', (string) getenv('PATH')), '/usr/sbin', '/usr/local/sbin', ...glob('/usr/lib/postgresql/*/bin')] as $folder) {
            if ($folder !== '' && is_executable("{$folder}/{$program}")) {
                return "{$folder}/{$program}";
            }
        }

        return null;
    }
}
