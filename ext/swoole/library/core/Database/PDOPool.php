<?php

declare(strict_types=1);

namespace Swoole\Database;

use Swoole\ConnectionPool;

/** Connections of PDO. What get() returns reconnects when the server went away. */
class PDOPool extends ConnectionPool
{
    public function __construct(protected PDOConfig $config, int $size = self::DEFAULT_SIZE)
    {
        parent::__construct(fn (): \PDO => $this->connect(), $size, PDOProxy::class);
    }

    /**
     * @param float $timeout seconds to wait for a free one; without end when it is not above 0
     * @return PDOProxy|false false when none became free in time
     */
    public function get(float $timeout = -1)
    {
        $pdo = parent::get($timeout);
        if ($pdo !== false) {
            $pdo->reset();
        }
        return $pdo;
    }

    private function connect(): \PDO
    {
        $config = $this->config;
        $driver = $config->getDriver();
        $dsn = $this->createDSN($driver);
        return $driver === 'sqlite'
            ? new \PDO($dsn)
            : new \PDO($dsn, $config->getUsername(), $config->getPassword(), $config->getOptions());
    }

    /** @throws \Exception for a driver, or a database of SQLite, that no pool can serve */
    private function createDSN(string $driver): string
    {
        $config = $this->config;
        $name = $config->getDbname();
        $host = $config->hasUnixSocket() ? $config->getUnixSocket() : $config->getHost();
        return match ($driver) {
            'mysql' => 'mysql:'
                . ($config->hasUnixSocket() ? "unix_socket={$host}" : "host={$host};port={$config->getPort()}")
                . ";dbname={$name};charset={$config->getCharset()}",
            'pgsql' => "pgsql:host={$host};port={$config->getPort()};dbname={$name}",
            'oci' => "oci:dbname={$host}:{$config->getPort()}/{$name};charset={$config->getCharset()}",
            // Each connection would have a database of its own.
            'sqlite' => match ($name) {
                '' => throw new \Exception('Connection pool in Swoole does not support temporary SQLite databases.'),
                ':memory:' => throw new \Exception(
                    'Connection pool in Swoole does not support creating SQLite databases in memory.'
                ),
                default => "sqlite:{$name}",
            },
            default => throw new \Exception("Unsupported Database Driver:{$driver}"),
        };
    }
}
