<?php

declare(strict_types=1);

namespace HighperTest;

/** MariaDB servers on ports of 127.0.0.1; the first is the primary, the others follow it and can only be read. */
final class MariaDbGroup
{
    /** @var list<int> */
    public readonly array $ports;
    /** @var array<int, Daemon|null> */
    private array $daemons = [];

    public function __construct(int $count)
    {
        $first = temp_path('mariadb-0');
        Daemon::run([Daemon::find('mariadb-install-db'), '--no-defaults', "--datadir={$first}", '--auth-root-authentication-method=normal',
            '--skip-test-db', '--skip-name-resolve', ...(posix_geteuid() === 0 ? ['--user=root'] : [])]);
        $ports = [];
        for ($i = 0; $i < $count; $i++) {
            $i && Daemon::run(['cp', '-r', $first, temp_path("mariadb-{$i}")]);
            $ports[] = free_port();
        }
        $this->ports = $ports;
        for ($i = 0; $i < $count; $i++) {
            $this->start($i);
        }
        $primary = $this->pdo(0);
        $primary->exec("CREATE USER 'test'@'127.0.0.1'; GRANT ALL ON *.* TO 'test'@'127.0.0.1'");
        foreach (range(1, $count - 1) as $i) {
            $replica = $this->pdo($i);
            $replica->exec("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {$ports[0]}, MASTER_USER = 'test', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1; START SLAVE");
        }
        $primary->exec('CREATE DATABASE test');
        foreach (array_keys($ports) as $i) {
            wait_until(fn () => in_array('test', $this->pdo($i)->query('SHOW DATABASES')->fetchAll(\PDO::FETCH_COLUMN), true), "server {$i} has the database", 30);
        }
    }

    public function start(int $number): void
    {
        $data = temp_path("mariadb-{$number}");
        $this->daemons[$number] = Daemon::start([Daemon::find('mariadbd'), '--no-defaults', "--datadir={$data}", "--socket={$data}.sock", '--bind-address=127.0.0.1',
            "--port={$this->ports[$number]}", "--pid-file={$data}/pid", '--server-id=' . ($number + 1), '--log-bin=bin', '--gtid-strict-mode=1', '--innodb-buffer-pool-size=8M', '--skip-name-resolve',
            '--innodb-flush-log-at-trx-commit=0', ...($number > 0 ? ['--read-only=1'] : []), ...(posix_geteuid() === 0 ? ['--user=root'] : [])], "{$data}.sock");
        wait_until(function () use ($number): bool {
            try {
                return (bool) $this->pdo($number);
            } catch (\PDOException) {
                return false;
            }
        }, 'a connection to MariaDB', 30);
    }

    public function kill(int $number): void
    {
        $this->daemons[$number] = null;
    }

    /** As root, by its local socket. */
    public function pdo(int $number): \PDO
    {
        return new \PDO('mysql:unix_socket=' . temp_path("mariadb-{$number}.sock"), 'root', '', [\PDO::ATTR_EMULATE_PREPARES => true]);
    }
}
