<?php

declare(strict_types=1);

namespace Notes;

use Closure;
use PDO;
use PDOException;
use RuntimeException;

/**
 * Database connections of one worker. A PDO object serves one coroutine at a time,
 * because a query may wait: so whoever needs one borrows it for the length of a call.
 */
final class Connections
{
    private const KEPT_IDLE = 8;

    /** @var list<PDO> */
    private array $idle = [];

    /** @param Closure(): PDO $open */
    private function __construct(
        private readonly Closure $open,
        public readonly string $driver,
        public readonly string $name,
    ) {
    }

    /**
     * @param string $url `sqlite:/path/to/file` or `mysql://user:password@host:port/database`
     */
    public static function to(string $url): self
    {
        if (str_starts_with($url, 'sqlite:')) {
            $file = substr($url, strlen('sqlite:'));

            return new self(static fn (): PDO => self::sqlite($file), 'sqlite', $file);
        }
        $parts = parse_url($url);
        if (($parts['scheme'] ?? '') !== 'mysql' || !isset($parts['host'], $parts['path'])) {
            throw new RuntimeException(
                'DATABASE_URL must be sqlite:/path/to/file or mysql://user:password@host:port/database',
            );
        }
        $dsn = sprintf(
            'mysql:host=%s;port=%d;dbname=%s;charset=utf8mb4',
            $parts['host'],
            $parts['port'] ?? 3306,
            ltrim($parts['path'], '/'),
        );
        $user = rawurldecode($parts['user'] ?? 'root');
        $password = rawurldecode($parts['pass'] ?? '');

        return new self(
            static fn (): PDO => new PDO($dsn, $user, $password, [
                PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
                PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
            ]),
            'mysql',
            $dsn,
        );
    }

    /**
     * Runs `$work` with a connection that nobody else uses meanwhile.
     *
     * @template T
     * @param Closure(PDO): T $work
     * @return T
     */
    public function use(Closure $work): mixed
    {
        $connection = array_pop($this->idle) ?? ($this->open)();
        try {
            $result = $work($connection);
        } catch (PDOException $e) {
            // It may be broken (server gone): the next caller opens a fresh one.
            unset($connection);
            throw $e;
        } finally {
            if (isset($connection) && count($this->idle) < self::KEPT_IDLE) {
                $this->idle[] = $connection;
            }
        }

        return $result;
    }

    private static function sqlite(string $file): PDO
    {
        $db = new PDO("sqlite:{$file}", null, null, [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
            PDO::ATTR_TIMEOUT => 5,
        ]);
        $db->exec('PRAGMA synchronous = NORMAL');

        return $db;
    }
}
