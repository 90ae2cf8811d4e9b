<?php

declare(strict_types=1);

namespace HighperTest;

/** PostgreSQL on two ports of 127.0.0.1: a primary, and a replica that follows it by streaming. User test, database postgres. */
final class PostgresPair
{
    /** @var array{int, int} */
    public readonly array $ports;
    /** @var array<int, Daemon|null> */
    private array $daemons = [];
    /** @var list<string> */
    private array $as = [];

    public function __construct()
    {
        $this->ports = [free_port(), free_port()];
        $first = $this->folder(0);
        mkdir($first, 0700);
        if (posix_geteuid() === 0) {
            // It refuses to run as root, and its user has to get to the folder.
            chmod(temp_path(''), 0711);
            chown($first, 'nobody');
            $this->as = [Daemon::find('setpriv'), '--reuid=nobody', '--regid=nogroup', '--clear-groups'];
        }
        Daemon::run([...$this->as, Daemon::find('initdb'), '-D', "{$first}/data", '-U', 'test', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C']);
        // It never ran: a copy is as good as a backup.
        Daemon::run(['cp', '-a', $first, $this->folder(1)]);
        file_put_contents($this->folder(1) . '/data/standby.signal', '');
        file_put_contents($this->folder(1) . '/data/postgresql.auto.conf', "primary_conninfo = '{$this->from()}'\n");
        $this->start(0);
        $this->start(1);
    }

    public function start(int $number): void
    {
        $folder = $this->folder($number);
        $this->daemons[$number] = Daemon::start([...$this->as, Daemon::find('postgres'), '-D', "{$folder}/data", '-k', $folder, '-p', (string) $this->ports[$number],
            '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'shared_buffers=8MB', '-c', 'wal_keep_size=64MB', '-c', 'hot_standby=on',
            '-c', 'wal_retrieve_retry_interval=100ms'],
            "127.0.0.1:{$this->ports[$number]}", end: SIGQUIT);
        wait_until(function () use ($number): bool {
            try {
                return (bool) $this->pdo($number);
            } catch (\PDOException) {
                return false;
            }
        }, 'a connection to PostgreSQL', 30);
    }

    private function from(): string
    {
        return "host=127.0.0.1 port={$this->ports[0]} user=test";
    }

    /** Lets the replica follow the primary, or not. */
    public function follow(bool $follows): void
    {
        $replica = $this->pdo(1);
        $replica->exec('ALTER SYSTEM SET primary_conninfo = ' . $replica->quote($follows ? $this->from() : ''));
        $replica->exec('SELECT pg_reload_conf()');
        wait_until(fn () => $replica->query('SELECT count(*) FROM pg_stat_wal_receiver')->fetchColumn() == ($follows ? 1 : 0), $follows ? 'the replica follows' : 'the replica follows no more', 30);
    }

    public function kill(int $number): void
    {
        $this->daemons[$number] = null;
    }

    public function pdo(int $number): \PDO
    {
        return new \PDO("pgsql:host=127.0.0.1;port={$this->ports[$number]};dbname=postgres", 'test', '');
    }

    private function folder(int $number): string
    {
        return temp_path("postgres-{$number}");
    }
}
