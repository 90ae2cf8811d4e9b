<?php

declare(strict_types=1);

namespace Highper\Db;

use Highper\Db;

/** Tables, made and changed in the words of each database. */
final class Schema
{
    public readonly string $driver;

    public function __construct(public readonly Db $db)
    {
        $this->driver = $db->driver();
    }

    /** @param callable(Table): void $body */
    public function create(string $table, callable $body): void
    {
        $body($made = new Table($this->driver, $table));
        array_map($this->db->execute(...), $made->created());
    }

    /** Changes a table. @param callable(Table): void $body */
    public function table(string $table, callable $body): void
    {
        $body($made = new Table($this->driver, $table));
        array_map($this->db->execute(...), $made->altered());
    }

    public function drop(string $table): void
    {
        $this->db->execute('DROP TABLE ' . Table::quote($this->driver, $table));
    }

    public function dropIfExists(string $table): void
    {
        $this->db->execute('DROP TABLE IF EXISTS ' . Table::quote($this->driver, $table));
    }

    public function rename(string $from, string $to): void
    {
        $this->db->execute('ALTER TABLE ' . Table::quote($this->driver, $from) . ' RENAME TO ' . Table::quote($this->driver, $to));
    }

    public function hasTable(string $table): bool
    {
        return (bool) match ($this->driver) {
            'sqlite' => $this->db->fetchValue("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", [$table]),
            'mysql' => $this->db->fetchValue('SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?', [$table]),
            default => $this->db->fetchValue('SELECT count(*) FROM information_schema.tables WHERE table_schema = ANY (current_schemas(false)) AND table_name = ?', [$table]),
        };
    }

    /** @return list<string> */
    public function columns(string $table): array
    {
        return match ($this->driver) {
            'sqlite' => $this->db->fetchColumn('SELECT name FROM pragma_table_info(?) ORDER BY cid', [$table]),
            'mysql' => $this->db->fetchColumn('SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position', [$table]),
            default => $this->db->fetchColumn('SELECT column_name::text FROM information_schema.columns WHERE table_schema = ANY (current_schemas(false)) AND table_name = ? ORDER BY ordinal_position', [$table]),
        };
    }

    public function hasColumn(string $table, string $column): bool
    {
        return in_array($column, $this->columns($table), true);
    }

    /** Runs a statement. @param array<mixed> $params */
    public function statement(string $sql, array $params = []): int
    {
        return $this->db->execute($sql, $params);
    }
}
