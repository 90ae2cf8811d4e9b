<?php

declare(strict_types=1);

namespace Notes;

use Highper\Attribute\Config;
use Highper\Db;
use Highper\Db\DbException;
use RuntimeException;

/** Makes the database ready. Each worker runs it as it starts, so it may run twice at once. */
final readonly class Schema
{
    private const TABLES = [
        'sqlite' => <<<'SQL'
            CREATE TABLE IF NOT EXISTS notes (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                title TEXT NOT NULL,
                body TEXT NOT NULL,
                created_at TEXT NOT NULL,
                updated_at TEXT NOT NULL
            )
            SQL,
        'mysql' => <<<'SQL'
            CREATE TABLE IF NOT EXISTS notes (
                id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
                title VARCHAR(200) NOT NULL,
                body MEDIUMTEXT NOT NULL,
                created_at CHAR(24) NOT NULL,
                updated_at CHAR(24) NOT NULL,
                INDEX (updated_at)
            ) DEFAULT CHARSET utf8mb4
            SQL,
        'postgres' => <<<'SQL'
            CREATE TABLE IF NOT EXISTS notes (
                id INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                title VARCHAR(200) NOT NULL,
                body TEXT NOT NULL,
                created_at CHAR(24) NOT NULL,
                updated_at CHAR(24) NOT NULL
            )
            SQL,
    ];

    public function __construct(private Db $db, #[Config('db.url')] private string $url)
    {
    }

    /** @throws RuntimeException with one line that says what to do */
    public function create(): void
    {
        $driver = $this->db->driver();
        try {
            if ($driver === 'sqlite') {
                self::requireWritable(substr($this->url, strlen('sqlite:')));
                $this->db->fetchValue('PRAGMA journal_mode = WAL');
            }
            $this->db->execute(self::TABLES[$driver]);
            if ($driver !== 'mysql') {
                $this->db->execute('CREATE INDEX IF NOT EXISTS notes_updated_at ON notes (updated_at)');
            }
        } catch (DbException $e) {
            throw new RuntimeException("the database cannot be used: {$e->getMessage()}; set DATABASE_URL to one that can", previous: $e);
        }
    }

    private static function requireWritable(string $file): void
    {
        if ($file === ':memory:') {
            throw new RuntimeException('an in-memory database is not shared by workers; give DATABASE_URL a file');
        }
        $folder = dirname($file);
        if (!is_dir($folder) && !@mkdir($folder, 0o755, true) && !is_dir($folder)) {
            throw new RuntimeException("the folder {$folder} of the notes database cannot be made; make it, or set DATABASE_URL=sqlite:/path/to/file");
        }
        foreach (is_file($file) ? [$file, $folder] : [$folder] as $path) {
            if (!is_writable($path)) {
                throw new RuntimeException("{$path} is read-only for " . self::user() . "; make it writable (chmod u+w), or set DATABASE_URL=sqlite:/path/to/file");
            }
        }
    }

    private static function user(): string
    {
        return function_exists('posix_geteuid')
            ? 'user ' . (posix_getpwuid(posix_geteuid())['name'] ?? posix_geteuid())
            : 'this user';
    }
}
