<?php

declare(strict_types=1);

namespace Highper\Db;

use Highper\{Cache, Db};
use Highper\Redis\{Client, Pipeline};

/**
 * A row as an object that knows how it is saved: class Note extends Model {} is a row of the table `notes`.
 *
 * @phpstan-consistent-constructor
 */
abstract class Model implements \JsonSerializable
{
    /** The table; the plural of the class's name, in small letters, where it is empty. */
    protected static string $table = '';
    /** The column of the row's number. */
    protected static string $key = 'id';
    /** The database, by its name in config/db.php. */
    protected static string $connection = 'default';
    /** Are `created_at` and `updated_at` kept? */
    protected static bool $timestamps = true;
    /** For how many seconds find() takes a row from the cache of cacheIn(); 0 for never. */
    protected static int $cache = 0;
    /** @var array<string, string> what columns are: int, float, bool, string, json, datetime, or a backed enum's class */
    protected static array $casts = [];

    private static Cache|Client|null $store = null;
    /** @var array<class-string, Db> */
    private static array $databases = [];

    /** @var array<string, mixed> as the database has it */
    private array $row = [];
    /** @var array<string, mixed> what is to be saved */
    private array $changes = [];
    private bool $exists = false;

    /** @param array<string, mixed> $values */
    final public function __construct(array $values = [])
    {
        $this->fill($values);
    }

    /** Where rows are kept that find() has read: memory that processes share, made before the application runs, or Redis. */
    final public static function cacheIn(Cache|Client|null $store): void
    {
        self::$store = $store;
    }

    /** Uses this database instead of the application's: for programs without one, and for tests. */
    final public static function connect(?Db $db): void
    {
        if ($db === null) {
            unset(self::$databases[static::class]);
        } else {
            self::$databases[static::class] = $db;
        }
    }

    final public static function db(): Db
    {
        foreach ([static::class, ...array_values(class_parents(static::class))] as $class) {
            if (isset(self::$databases[$class])) {
                return self::$databases[$class];
            }
        }

        return Db::connection(static::$connection);
    }

    final public static function table(): string
    {
        if (static::$table !== '') {
            return static::$table;
        }
        $name = substr(strrchr('\\' . static::class, '\\'), 1);

        return Table::plural(strtolower(preg_replace('/(?<=[a-z0-9])(?=[A-Z])/', '_', $name)));
    }

    final public static function keyName(): string
    {
        return static::$key;
    }

    /** @return Models<static> */
    final public static function query(): Models
    {
        return new Models(static::class, static::db()->table(static::table()));
    }

    /** @return Models<static> */
    final public static function where(mixed ...$condition): Models
    {
        return static::query()->where(...$condition);
    }

    /** @return list<static> */
    final public static function all(): array
    {
        return static::query()->get();
    }

    final public static function find(int|string $id): ?static
    {
        return static::findMany([$id])[$id] ?? null;
    }

    final public static function findOrFail(int|string $id): static
    {
        return static::find($id) ?? throw new \Highper\Http\NotFound('there is no ' . substr(strrchr('\\' . static::class, '\\'), 1) . " {$id}");
    }

    /**
     * The rows of these numbers, by them: those that the cache has come from there, the others in one statement.
     *
     * @param list<int|string> $ids
     * @return array<int|string, static>
     */
    final public static function findMany(array $ids): array
    {
        $db = static::db();
        // A transaction sees what nobody else may see yet.
        $isCached = static::$cache > 0 && self::$store !== null && $db->transactionLevel() === 0;
        $found = $missing = [];
        $kept = $isCached ? self::kept($ids) : [];
        foreach ($ids as $id) {
            if (isset($kept[$id])) {
                $found[$id] = self::of($kept[$id]);
            } else {
                $missing[] = $id;
            }
        }
        if ($missing !== []) {
            foreach ($db->table(static::table())->whereIn(static::$key, $missing)->get() as $row) {
                $id = $row[static::$key];
                $found[$id] = self::of($row);
                $isCached && self::keep($id, $row);
            }
        }

        return $found;
    }

    /** Makes a row and saves it. @param array<string, mixed> $values */
    final public static function create(array $values): static
    {
        $made = new static($values);
        $made->save();

        return $made;
    }

    /** A row as the database has it. @param array<string, mixed> $row */
    final public static function of(array $row): static
    {
        $made = new static();
        [$made->row, $made->exists] = [$row, true];

        return $made;
    }

    /** @param array<string, mixed> $values */
    final public function fill(array $values): static
    {
        foreach ($values as $name => $value) {
            $this->__set($name, $value);
        }

        return $this;
    }

    /** Inserts it, or changes what is different. False where nothing was. */
    public function save(): bool
    {
        $changes = $this->changes;
        if ($this->exists && $changes === []) {
            return false;
        }
        if (static::$timestamps) {
            $now = (new \DateTimeImmutable())->format('Y-m-d H:i:s');
            $changes += $this->exists ? ['updated_at' => $now] : ['created_at' => $now, 'updated_at' => $now];
        }
        $db = static::db();
        $query = $db->table(static::table());
        if ($this->exists) {
            $query->where(static::$key, $this->id())->update($changes);
        } else {
            $id = $query->insertGetId($changes, static::$key);
            $changes += [static::$key => $id];
        }
        [$this->row, $this->changes, $this->exists] = [$changes + $this->row, [], true];
        self::forget($db, $this->id());

        return true;
    }

    /** @param array<string, mixed> $values */
    final public function update(array $values): bool
    {
        return $this->fill($values)->save();
    }

    public function delete(): bool
    {
        if (! $this->exists) {
            return false;
        }
        $db = static::db();
        $count = $db->table(static::table())->where(static::$key, $this->id())->delete();
        $this->exists = false;
        self::forget($db, $this->id());

        return $count > 0;
    }

    /** Reads it anew. */
    final public function refresh(): static
    {
        $row = static::db()->table(static::table())->where(static::$key, $this->id())->first();
        if ($row === null) {
            throw new \Highper\Http\NotFound('the row ' . static::table() . " {$this->id()} is gone");
        }
        [$this->row, $this->changes] = [$row, []];

        return $this;
    }

    final public function id(): int|string|null
    {
        return $this->row[static::$key] ?? $this->changes[static::$key] ?? null;
    }

    final public function exists(): bool
    {
        return $this->exists;
    }

    final public function isDirty(string ...$names): bool
    {
        return $names === [] ? $this->changes !== [] : array_intersect_key($this->changes, array_flip($names)) !== [];
    }

    /**
     * The rows of another class that name this one.
     *
     * @template T of Model
     * @param class-string<T> $class
     * @return Models<T>
     */
    final protected function hasMany(string $class, ?string $column = null): Models
    {
        return $class::where($column ?? self::singular() . '_id', $this->id());
    }

    /**
     * The row of another class that this one names.
     *
     * @template T of Model
     * @param class-string<T> $class
     * @return T|null
     */
    final protected function belongsTo(string $class, ?string $column = null): ?self
    {
        $id = $this->{$column ?? $class::singular() . '_id'};

        return $id === null ? null : $class::find($id);
    }

    private static function singular(): string
    {
        $name = substr(strrchr('\\' . static::class, '\\'), 1);

        return strtolower(preg_replace('/(?<=[a-z0-9])(?=[A-Z])/', '_', $name));
    }

    final public function __get(string $name): mixed
    {
        $value = array_key_exists($name, $this->changes) ? $this->changes[$name] : ($this->row[$name] ?? null);
        $cast = static::$casts[$name] ?? null;
        if ($value === null || $cast === null) {
            if ($value === null && ! array_key_exists($name, $this->changes) && $this->exists && ! array_key_exists($name, $this->row)) {
                throw new \OutOfBoundsException('a row of ' . static::table() . " has no column '{$name}'; it has " . implode(', ', array_keys($this->row)));
            }

            return $value;
        }

        return match ($cast) {
            'int' => (int) $value,
            'float' => (float) $value,
            'bool' => (bool) $value,
            'string' => (string) $value,
            'json', 'array' => is_string($value) ? json_decode($value, true, flags: JSON_THROW_ON_ERROR) : $value,
            'datetime' => new \DateTimeImmutable((string) $value),
            default => is_a($cast, \BackedEnum::class, true) ? $cast::from($value) : throw new \LogicException(static::class . "::\$casts: there is no '{$cast}'; there are int, float, bool, string, json, datetime and backed enums"),
        };
    }

    final public function __set(string $name, mixed $value): void
    {
        $value = match (true) {
            $value instanceof \BackedEnum => $value->value,
            $value instanceof \DateTimeInterface => $value->format('Y-m-d H:i:s'),
            is_array($value) => json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES),
            default => $value,
        };
        if ($this->exists && array_key_exists($name, $this->row) && $this->row[$name] === $value) {
            unset($this->changes[$name]);
        } else {
            $this->changes[$name] = $value;
        }
    }

    final public function __isset(string $name): bool
    {
        return isset($this->changes[$name]) || (! array_key_exists($name, $this->changes) && isset($this->row[$name]));
    }

    final public function __unset(string $name): void
    {
        $this->__set($name, null);
    }

    /** @return array<string, mixed> */
    public function toArray(): array
    {
        $all = [];
        foreach ($this->changes + $this->row as $name => $_) {
            $all[$name] = $this->__get($name);
        }

        return $all;
    }

    public function jsonSerialize(): mixed
    {
        return array_map(static fn (mixed $value): mixed => $value instanceof \DateTimeInterface ? $value->format(\DateTimeInterface::ATOM) : $value, $this->toArray());
    }

    private static function cacheKey(int|string $id): string
    {
        return 'model:' . static::$connection . ':' . static::table() . ":{$id}";
    }

    /** @param list<int|string> $ids @return array<int|string, array<string, mixed>> */
    private static function kept(array $ids): array
    {
        $keys = array_map(self::cacheKey(...), $ids);
        $found = self::$store instanceof Cache
            ? array_values(self::$store->getMultiple($keys))
            : array_map(static fn (?string $text): mixed => $text === null ? null : unserialize($text, ['allowed_classes' => false]), self::$store->pipeline(static fn (Pipeline $p) => array_map($p->get(...), $keys)));

        return array_filter(array_combine($ids, $found), is_array(...));
    }

    /** @param array<string, mixed> $row */
    private static function keep(int|string $id, array $row): void
    {
        self::$store instanceof Cache
            ? self::$store->set(self::cacheKey($id), $row, static::$cache)
            : self::$store->set(self::cacheKey($id), serialize($row), ex: static::$cache);
    }

    /** What is kept of a row is not true any more: at once, and once more when others can see what is. */
    private static function forget(Db $db, int|string|null $id): void
    {
        if (static::$cache <= 0 || self::$store === null || $id === null) {
            return;
        }
        [$store, $key] = [self::$store, self::cacheKey($id)];
        $forget = static fn (): mixed => $store instanceof Cache ? $store->delete($key) : $store->del($key);
        $forget();
        $db->transactionLevel() > 0 && $db->afterCommit($forget);
    }
}
