<?php

declare(strict_types=1);

namespace Highper\Db;

/** A column of a table that is made or changed. */
final class Column
{
    private bool $isNullable = false;
    private bool $hasDefault = false;
    private mixed $default = null;
    private bool $isUnsigned = false;
    private ?string $after = null;
    private ?string $comment = null;
    /** @var array{string, string}|null */
    private ?array $references = null;
    private string $onDelete = '';
    private string $onUpdate = '';

    /** @param string $check what its values must be, for databases without the type */
    public function __construct(private readonly Table $table, public readonly string $name, private readonly string $type, private readonly string $check = '', private readonly bool $isKey = false)
    {
    }

    public function nullable(bool $is = true): self
    {
        $this->isNullable = $is;

        return $this;
    }

    /** @param mixed $value a scalar, null, a backed enum, or an Expression that the database computes */
    public function default(mixed $value): self
    {
        [$this->hasDefault, $this->default] = [true, $value];

        return $this;
    }

    /** The moment in which the row is inserted. */
    public function useCurrent(): self
    {
        return $this->default(new Expression('CURRENT_TIMESTAMP'));
    }

    /** From 0 on, where the database knows that (MySQL). */
    public function unsigned(): self
    {
        $this->isUnsigned = true;

        return $this;
    }

    public function unique(): self
    {
        $this->table->unique($this->name);

        return $this;
    }

    public function index(): self
    {
        $this->table->index($this->name);

        return $this;
    }

    public function primary(): self
    {
        $this->table->primary($this->name);

        return $this;
    }

    /** Where it stands in the table (MySQL). */
    public function after(string $column): self
    {
        $this->after = $column;

        return $this;
    }

    /** What it is for (MySQL). */
    public function comment(string $text): self
    {
        $this->comment = $text;

        return $this;
    }

    /** The row of another table that it names. */
    public function references(string $table, string $column = 'id'): self
    {
        $this->references = [$table, $column];

        return $this;
    }

    /** The same by its name: `user_id` is a row of `users`. */
    public function constrained(?string $table = null): self
    {
        return $this->references($table ?? Table::plural(preg_replace('/_id$/', '', $this->name)));
    }

    /** What becomes of the row when that one is removed: cascade, set null, restrict. */
    public function onDelete(string $action): self
    {
        $this->onDelete = self::action('DELETE', $action);

        return $this;
    }

    public function cascadeOnDelete(): self
    {
        return $this->onDelete('cascade');
    }

    public function nullOnDelete(): self
    {
        return $this->onDelete('set null');
    }

    public function onUpdate(string $action): self
    {
        $this->onUpdate = self::action('UPDATE', $action);

        return $this;
    }

    private static function action(string $event, string $action): string
    {
        $action = strtoupper($action);
        if (! in_array($action, ['CASCADE', 'SET NULL', 'SET DEFAULT', 'RESTRICT', 'NO ACTION'], true)) {
            throw new \ValueError("what a row does with another one must be cascade, set null, set default, restrict or no action, '{$action}' given");
        }

        return " ON {$event} {$action}";
    }

    /** @internal Its definition. */
    public function sql(string $driver): string
    {
        $quote = static fn (string $name): string => Table::quote($driver, $name);
        $sql = $quote($this->name) . " {$this->type}";
        if ($this->isUnsigned && $driver === 'mysql') {
            $sql .= ' UNSIGNED';
        }
        if (! $this->isKey) {
            $sql .= $this->isNullable ? ' NULL' : ' NOT NULL';
        }
        if ($this->hasDefault) {
            $sql .= ' DEFAULT ' . $this->literal($driver);
        }
        if ($this->check !== '') {
            $sql .= ' CHECK (' . $quote($this->name) . " IN ({$this->check}))";
        }
        if ($this->comment !== null && $driver === 'mysql') {
            $sql .= ' COMMENT ' . Table::literal($driver, $this->comment);
        }
        if ($this->references !== null && $driver !== 'mysql') {
            $sql .= $this->reference($driver);
        }
        if ($this->after !== null && $driver === 'mysql') {
            $sql .= ' AFTER ' . $quote($this->after);
        }

        return $sql;
    }

    /** @internal What is said of it beside its definition: MySQL reads references only there. */
    public function constraint(string $driver): ?string
    {
        return $this->references !== null && $driver === 'mysql' ? 'FOREIGN KEY (' . Table::quote($driver, $this->name) . ')' . $this->reference($driver) : null;
    }

    private function reference(string $driver): string
    {
        [$table, $column] = $this->references;

        return ' REFERENCES ' . Table::quote($driver, $table) . ' (' . Table::quote($driver, $column) . "){$this->onDelete}{$this->onUpdate}";
    }

    private function literal(string $driver): string
    {
        return match (true) {
            $this->default instanceof Expression => $this->default->sql,
            $this->default instanceof \BackedEnum => Table::literal($driver, $this->default->value),
            default => Table::literal($driver, $this->default),
        };
    }
}
