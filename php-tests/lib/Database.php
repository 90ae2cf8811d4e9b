<?php

declare(strict_types=1);

namespace HighperTest;

/** A database server of the test's own that can be killed and started again; reached at a local socket. */
final class Database
{
    /** @var resource|null */
    private $process;

    /** @param list<string> $command */
    private function __construct(private array $command, public readonly string $dsn, public readonly string $user, private readonly int $signal)
    {
        $this->start();
    }

    /** MariaDB with a database `test`. */
    public static function mariaDb(): self
    {
        $data = temp_path('mariadb');
        // A server that starts takes away what others have in the folder for temporary tables.
        $own = ['--tmpdir=' . temp_path(''), ...(posix_geteuid() === 0 ? ['--user=root'] : [])];
        self::run([self::find('mariadb-install-db'), '--no-defaults', "--datadir={$data}", '--auth-root-authentication-method=normal',
            '--skip-name-resolve', ...$own]);
        $socket = temp_path('mariadb.sock');

        return new self([self::find('mariadbd'), '--no-defaults', "--datadir={$data}", "--socket={$socket}", '--skip-networking',
            "--pid-file={$data}/pid", '--max-connections=200', '--innodb-buffer-pool-size=8M', '--skip-name-resolve', ...$own],
            "mysql:unix_socket={$socket};dbname=test", 'root', SIGKILL);
    }

    /** PostgreSQL; it refuses to run as root. */
    public static function postgres(): self
    {
        $data = temp_path('postgres');
        mkdir($data, 0700);
        $as = [];
        if (posix_geteuid() === 0) {
            // Its user has to get to the folder.
            chmod(temp_path(''), 0711);
            chown($data, 'nobody');
            $as = [self::find('setpriv'), '--reuid=nobody', '--regid=nogroup', '--clear-groups'];
        }
        self::run([...$as, self::find('initdb'), '-D', "{$data}/data", '-U', 'test', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C']);

        // A second SIGINT would not end it sooner: SIGQUIT is as rude as it gets without leaving shared memory behind.
        return new self([...$as, self::find('postgres'), '-D', "{$data}/data", '-k', $data, '-c', 'listen_addresses=', '-c', 'fsync=off',
            '-c', 'max_connections=200', '-c', 'shared_buffers=8MB'], "pgsql:host={$data};dbname=postgres", 'test', SIGQUIT);
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

    public function pdo(): \PDO
    {
        return new \PDO($this->dsn, $this->user, '');
    }

    public function start(): void
    {
        $log = ['file', temp_path('database.log'), 'a'];
        $this->process = proc_open($this->command, [['file', '/dev/null', 'r'], $log, $log], $pipes);
        wait_until(function (): bool {
            try {
                return $this->pdo() instanceof \PDO;
            } catch (\PDOException) {
                return false;
            }
        }, 'a connection to the database', 30);
    }

    public function kill(): void
    {
        proc_terminate($this->process, $this->signal);
        proc_close($this->process);
        $this->process = null;
    }

    public function __destruct()
    {
        if ($this->process) {
            $this->kill();
        }
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
        $folders = [...explode(':', (string) getenv('PATH')), '/usr/sbin', ...array_reverse(glob('/usr/lib/postgresql/*/bin') ?: [])];
        foreach ($folders as $folder) {
            if ($folder !== '' && is_executable("{$folder}/{$program}")) {
                return "{$folder}/{$program}";
            }
        }

        return null;
    }
}
