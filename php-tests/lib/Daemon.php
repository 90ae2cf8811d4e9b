<?php

declare(strict_types=1);

namespace HighperTest;

/** A private MariaDB or Redis on a local socket, in the test's temporary folder, until the test ends. */
final class Daemon
{
    /** @param resource $process */
    private function __construct(private $process, public readonly string $socket)
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
    public static function mariaDb(): self
    {
        $data = temp_path('mariadb');
        $user = posix_geteuid() === 0 ? ['--user=root'] : [];
        self::run([self::find('mariadb-install-db'), '--no-defaults', "--datadir={$data}", '--auth-root-authentication-method=normal',
            '--skip-test-db', '--skip-name-resolve', ...$user]);
        $socket = temp_path('mariadb.sock');
        $daemon = self::start([self::find('mariadbd'), '--no-defaults', "--datadir={$data}", "--socket={$socket}", '--skip-networking',
            "--pid-file={$data}/pid", '--max-connections=100', '--innodb-buffer-pool-size=8M', '--skip-name-resolve', ...$user], $socket);
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

        return self::start([self::find('redis-server'), '--port', '0', '--unixsocket', $socket, '--save', '', '--dir', temp_path('')], $socket);
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
        proc_terminate($this->process, SIGKILL);
        proc_close($this->process);
    }

    /** @param list<string> $command */
    private static function start(array $command, string $socket): self
    {
        $log = ['file', $socket . '.log', 'w'];
        $process = proc_open($command, [['file', '/dev/null', 'r'], $log, $log], $pipes);
        $daemon = new self($process, $socket);
        wait_until(static fn () => file_exists($socket) || ! proc_get_status($process)['running'], "the socket of {$command[0]}", 30);
        if (! file_exists($socket)) {
            throw new \RuntimeException("{$command[0]} did not start: " . file_get_contents($socket . '.log'));
        }

        // There before somebody listens on it.
        wait_until(static fn () => is_resource(@stream_socket_client("unix://{$socket}")), "{$command[0]} at its socket", 30);

        return $daemon;
    }

    /** @param list<string> $command */
    private static function run(array $command): void
    {
        exec(implode(' ', array_map(escapeshellarg(...), $command)) . ' 2>&1', $output, $code);
        if ($code !== 0) {
            throw new \RuntimeException("{$command[0]} failed: " . implode("\n", $output));
        }
    }

    private static function find(string $program): ?string
    {
        foreach ([...explode(':', (string) getenv('PATH')), '/usr/sbin', '/usr/local/sbin'] as $folder) {
            if ($folder !== '' && is_executable("{$folder}/{$program}")) {
                return "{$folder}/{$program}";
            }
        }

        return null;
    }
}
