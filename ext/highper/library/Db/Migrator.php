<?php

declare(strict_types=1);

namespace Highper\Db;

use Highper\Db;

/** Brings a database to the state that the files of a folder describe, and back. */
final class Migrator
{
    private const TABLE = 'migrations';
    /** Of the lock that keeps others out meanwhile. */
    private const LOCK = 7_261_946_012;

    public function __construct(private readonly Db $db, private readonly string $folder)
    {
    }

    /**
     * Does what was not done yet, in the order of the files' names.
     *
     * @param (callable(string, float): void)|null $told is called with each name, and the seconds that it took
     * @param int $most at most so many; 0 for all
     * @return list<string> the names
     */
    public function migrate(?callable $told = null, int $most = 0): array
    {
        return $this->alone(function () use ($told, $most): array {
            $names = array_values(array_diff(array_keys($this->files()), array_keys($this->done())));
            $names = $most > 0 ? array_slice($names, 0, $most) : $names;
            $batch = 1 + (int) $this->db->table(self::TABLE)->max('batch');
            // Where nothing else keeps others out, the transaction does.
            return array_values(array_filter($names, fn (string $name): bool => $this->run($name, 'up', $told, fn (): bool => $this->db->table(self::TABLE)->where('migration', $name)->doesntExist()
                && $this->db->table(self::TABLE)->insert(['migration' => $name, 'batch' => $batch]) > 0)));
        });
    }

    /**
     * Undoes what the last call of migrate() has done, or the last steps.
     *
     * @param (callable(string, float): void)|null $told
     * @return list<string> the names
     */
    public function rollback(?callable $told = null, int $steps = 0): array
    {
        return $this->alone(function () use ($told, $steps): array {
            $done = $this->done();
            arsort($done);
            $order = array_keys($done);
            usort($order, static fn (string $a, string $b): int => [$done[$b], $b] <=> [$done[$a], $a]);
            $last = $done === [] ? 0 : max($done);
            $names = $steps > 0 ? array_slice($order, 0, $steps) : array_values(array_filter($order, static fn (string $name): bool => $done[$name] === $last));

            return array_values(array_filter($names, fn (string $name): bool => $this->run($name, 'down', $told, fn (): bool => $this->db->table(self::TABLE)->where('migration', $name)->delete() > 0)));
        });
    }

    /**
     * What there is, and in which batch it was done; 0 where it was not.
     *
     * @return array<string, int>
     */
    public function status(): array
    {
        $done = (new Schema($this->db))->hasTable(self::TABLE) ? $this->done() : [];
        $all = [];
        foreach (array_unique([...array_keys($done), ...array_keys($this->files())]) as $name) {
            $all[$name] = $done[$name] ?? 0;
        }
        ksort($all);

        return $all;
    }

    /** Is there a file for it? */
    public function has(string $name): bool
    {
        return isset($this->files()[$name]);
    }

    /** Writes a file for a new one; its path. */
    public function make(string $name, ?\DateTimeInterface $now = null): string
    {
        $name = strtolower(trim(preg_replace('/[^A-Za-z0-9]+/', '_', preg_replace('/(?<=[a-z0-9])(?=[A-Z])/', '_', $name)), '_'));
        if ($name === '') {
            throw new \ValueError('a migration needs a name such as create_notes');
        }
        foreach (array_keys($this->files()) as $other) {
            if (preg_replace('/^[\d_]+_/', '', $other) === $name) {
                throw new \ValueError("there is a migration of this name: {$other}");
            }
        }
        $file = $this->folder . '/' . ($now ?? new \DateTimeImmutable())->format('Y_m_d_His') . "_{$name}.php";
        if (! is_dir($this->folder) && ! @mkdir($this->folder, recursive: true)) {
            throw new \RuntimeException("the folder {$this->folder} can't be made");
        }
        [$up, $down] = match (true) {
            (bool) preg_match('/^create_(\w+?)(_table)?$/', $name, $found) => ["\$schema->create('{$found[1]}', function (Table \$table): void {\n            \$table->id();\n            \$table->timestamps();\n        });", "\$schema->drop('{$found[1]}');"],
            (bool) preg_match('/_(?:to|from|in)_(\w+?)(_table)?$/', $name, $found) => ["\$schema->table('{$found[1]}', function (Table \$table): void {\n            //\n        });", "\$schema->table('{$found[1]}', function (Table \$table): void {\n            //\n        });"],
            default => ["\$schema->statement('');", "\$schema->statement('');"],
        };
        $text = "<?php\n\nuse Highper\\Db\\{Migration, Schema, Table};\n\nreturn new class extends Migration {\n    public function up(Schema \$schema): void\n    {\n        {$up}\n    }\n\n    public function down(Schema \$schema): void\n    {\n        {$down}\n    }\n};\n";
        if (@file_put_contents($file, $text) === false) {
            throw new \RuntimeException("{$file} can't be written");
        }

        return $file;
    }

    /**
     * False where somebody else has done it meanwhile.
     *
     * @param (callable(string, float): void)|null $told
     * @param \Closure(): bool $note
     */
    private function run(string $name, string $way, ?callable $told, \Closure $note): bool
    {
        $file = $this->files()[$name] ?? throw new \RuntimeException("there is no file for the migration {$name} in {$this->folder}, so it can't be undone");
        $migration = (static fn (): mixed => require $file)();
        if (! $migration instanceof Migration) {
            throw new \RuntimeException("{$file} must return an object of a class that extends Highper\Db\Migration, it returns " . get_debug_type($migration));
        }
        $begun = microtime(true);
        $isWhole = $migration->transaction && $this->db->driver() !== 'mysql';
        $body = function () use ($migration, $way, $note, $isWhole): bool {
            if ($isWhole && ! $note()) {
                return false;
            }
            $migration->{$way}(new Schema($this->db));

            return $isWhole || $note();
        };
        try {
            $done = $isWhole ? $this->db->transaction($body) : $body();
        } catch (\Exception $e) {
            throw new \RuntimeException("the migration {$name} failed in {$way}(): {$e->getMessage()}", 0, $e);
        }
        $done && $told && $told($name, microtime(true) - $begun);

        return $done;
    }

    /** Keeps others out meanwhile. @param \Closure(): list<string> $body @return list<string> */
    private function alone(\Closure $body): array
    {
        $ready = function () use ($body): array {
            $schema = new Schema($this->db);
            if (! $schema->hasTable(self::TABLE)) {
                try {
                    $schema->create(self::TABLE, function (Table $table): void {
                        $table->id();
                        $table->string('migration')->unique();
                        $table->integer('batch');
                    });
                } catch (DbException $e) {
                    // Somebody else has made it meanwhile.
                    $schema->hasTable(self::TABLE) || throw $e;
                }
            }

            return $body();
        };
        if ($this->db->driver() === 'sqlite') {
            // A writer has the file for itself.
            return $ready();
        }

        return $this->db->pin(function () use ($ready): array {
            $mysql = $this->db->driver() === 'mysql';
            if ($mysql && $this->db->fetchValue('SELECT GET_LOCK(?, 60)', ['highper_migrations']) !== 1) {
                throw new \RuntimeException('somebody else migrates this database for a minute already');
            }
            $mysql || $this->db->fetchValue('SELECT pg_advisory_lock(?)', [self::LOCK]);
            try {
                return $ready();
            } finally {
                $this->db->fetchValue($mysql ? 'SELECT RELEASE_LOCK(?)' : 'SELECT pg_advisory_unlock(?)', [$mysql ? 'highper_migrations' : self::LOCK]);
            }
        });
    }

    /** @return array<string, int> the batch by the name */
    private function done(): array
    {
        return array_map(intval(...), $this->db->table(self::TABLE)->orderBy('migration')->pluck('batch', 'migration'));
    }

    /** @return array<string, string> the file by the name */
    private function files(): array
    {
        $all = [];
        foreach (glob("{$this->folder}/*.php") ?: [] as $file) {
            $all[basename($file, '.php')] = $file;
        }
        ksort($all);

        return $all;
    }
}
