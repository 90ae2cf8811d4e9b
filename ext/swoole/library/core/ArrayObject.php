<?php

declare(strict_types=1);

namespace Swoole;

use Swoole\Exception\ArrayKeyNotExists;

/**
 * An array with PHP's array functions as methods.
 *
 * What get() and its like return is an object again when it is a string or an array.
 */
class ArrayObject implements \ArrayAccess, \Serializable, \Countable, \Iterator
{
    /** @var array */
    protected $array;

    public function __construct(array $array = [])
    {
        $this->array = $array;
    }

    public static function from(array $array = []): static
    {
        return new static($array);
    }

    public function toArray(): array
    {
        return $this->array;
    }

    public function __toArray(): array
    {
        return $this->array;
    }

    public function __serialize(): array
    {
        return $this->array;
    }

    public function __unserialize(array $data): void
    {
        $this->array = $data;
    }

    public function serialize(): string
    {
        return \serialize($this->array);
    }

    public function unserialize(string|\Stringable|StringObject $string): self
    {
        $this->array = (array) \unserialize((string) $string);
        return $this;
    }

    public function isEmpty(): bool
    {
        return $this->array === [];
    }

    public function count(): int
    {
        return \count($this->array);
    }

    // Iteration: the place is the array's own.

    /** @return mixed */
    #[\ReturnTypeWillChange]
    public function current()
    {
        return \current($this->array);
    }

    /** @return int|string|null */
    #[\ReturnTypeWillChange]
    public function key()
    {
        return \key($this->array);
    }

    public function valid(): bool
    {
        return \key($this->array) !== null;
    }

    /** @return mixed the first value */
    #[\ReturnTypeWillChange]
    public function rewind()
    {
        return \reset($this->array);
    }

    /** @return mixed the value after the present one */
    #[\ReturnTypeWillChange]
    public function next()
    {
        return \next($this->array);
    }

    // By key.

    /**
     * @return mixed
     * @throws ArrayKeyNotExists
     */
    public function get(mixed $key)
    {
        return \array_key_exists($key, $this->array)
            ? static::detectType($this->array[$key])
            : throw new ArrayKeyNotExists((string) $key);
    }

    /** @return mixed the default as it is */
    public function getOr(mixed $key, mixed $default = null)
    {
        return \array_key_exists($key, $this->array) ? static::detectType($this->array[$key]) : $default;
    }

    public function set(mixed $key, mixed $value): self
    {
        $this->array[$key] = $value;
        return $this;
    }

    public function delete(mixed $key): self
    {
        unset($this->array[$key]);
        return $this;
    }

    public function exists(mixed $key): bool
    {
        return \array_key_exists($key, $this->array);
    }

    public function clear(): self
    {
        $this->array = [];
        return $this;
    }

    /** @return mixed null when there is none */
    #[\ReturnTypeWillChange]
    public function offsetGet(mixed $key)
    {
        return $this->array[$key] ?? null;
    }

    public function offsetSet(mixed $key, mixed $value): void
    {
        $this->array[$key] = $value;
    }

    public function offsetUnset(mixed $key): void
    {
        unset($this->array[$key]);
    }

    /** @return bool */
    #[\ReturnTypeWillChange]
    public function offsetExists(mixed $key)
    {
        return isset($this->array[$key]);
    }

    // The ends.

    /** @return mixed null when it is empty */
    public function first()
    {
        return $this->array === [] ? null : $this->get(\array_key_first($this->array));
    }

    /** @return int|string|null */
    public function firstKey()
    {
        return \array_key_first($this->array);
    }

    /** @return mixed null when it is empty */
    public function last()
    {
        return $this->array === [] ? null : $this->get(\array_key_last($this->array));
    }

    /** @return int|string|null */
    public function lastKey()
    {
        return \array_key_last($this->array);
    }

    public function append(...$values): ArrayObject
    {
        \array_push($this->array, ...$values);
        return $this;
    }

    /** @return int the new count */
    public function push(mixed $value)
    {
        return $this->pushBack($value);
    }

    /** @return int the new count */
    public function pushBack(mixed $value)
    {
        return \array_push($this->array, $value);
    }

    /** @return int the new count */
    public function pushFront(mixed $value)
    {
        return \array_unshift($this->array, $value);
    }

    /** @return mixed */
    public function pop()
    {
        return $this->popBack();
    }

    /** @return mixed */
    public function popBack()
    {
        return \array_pop($this->array);
    }

    /** @return mixed */
    public function popFront()
    {
        return \array_shift($this->array);
    }

    /** Before the value at this place; an array or object stays one value. */
    public function insert(int $offset, mixed $value): self
    {
        \array_splice($this->array, $offset, 0, [$value]);
        return $this;
    }

    // By value.

    public function contains(mixed $value, bool $strict = true): bool
    {
        return \in_array($value, $this->array, $strict);
    }

    /** @return int|string|false */
    public function search(mixed $needle, bool $strict = true)
    {
        return \array_search($needle, $this->array, $strict);
    }

    /** @return int|string|false */
    public function indexOf(mixed $value, bool $strict = true)
    {
        return $this->search($value, $strict);
    }

    /** @return int|string|null null when it is not there */
    public function lastIndexOf(mixed $value, bool $strict = true)
    {
        $key = \array_search($value, \array_reverse($this->array, true), $strict);
        return $key === false ? null : $key;
    }

    /** @param bool $loop all of them, not only the first */
    public function remove(mixed $value, bool $strict = true, bool $loop = false): self
    {
        foreach (\array_keys($this->array, $value, $strict) as $key) {
            unset($this->array[$key]);
            if (!$loop) {
                break;
            }
        }
        return $this;
    }

    // All of it.

    public function join(string $glue = ''): StringObject
    {
        return static::detectStringType(\implode($glue, $this->array));
    }

    /** @return int|float */
    public function sum()
    {
        return \array_sum($this->array);
    }

    /** @return int|float */
    public function product()
    {
        return \array_product($this->array);
    }

    /** @return mixed */
    public function randomGet()
    {
        return static::detectType($this->array[\array_rand($this->array)]);
    }

    public function each(callable $fn): self
    {
        \array_walk($this->array, $fn);
        return $this;
    }

    /** @param array ...$args further arguments of the function, one of each for each call */
    public function map(callable $fn, ...$args): static
    {
        return new static(\array_map($fn, $this->array, ...$args));
    }

    /** @return mixed */
    public function reduce(callable $fn, $initial = null)
    {
        return \array_reduce($this->array, $fn, $initial);
    }

    public function filter(callable $fn, int $flag = 0): static
    {
        return new static(\array_filter($this->array, $fn, $flag));
    }

    /** @param mixed ...$args as array_keys() has them: a value that they must have, and whether strictly */
    public function keys(...$args): static
    {
        return new static(\array_keys($this->array, ...$args));
    }

    public function values(): static
    {
        return new static(\array_values($this->array));
    }

    public function column(mixed $column_key, mixed $index = null): static
    {
        return new static(\array_column($this->array, $column_key, $index));
    }

    public function unique(int $sort_flags = SORT_STRING): static
    {
        return new static(\array_unique($this->array, $sort_flags));
    }

    public function slice(int $offset, ?int $length = null, bool $preserve_keys = false): static
    {
        return new static(\array_slice($this->array, $offset, $length, $preserve_keys));
    }

    public function reverse(bool $preserve_keys = false): static
    {
        return new static(\array_reverse($this->array, $preserve_keys));
    }

    public function chunk(int $size, bool $preserve_keys = false): static
    {
        return new static(\array_chunk($this->array, $size, $preserve_keys));
    }

    public function flip(): static
    {
        return new static(\array_flip($this->array));
    }

    // Sorting: in place.

    public function sort(int $sort_flags = SORT_REGULAR): self
    {
        \sort($this->array, $sort_flags);
        return $this;
    }

    public function rsort(int $sort_flags = SORT_REGULAR): self
    {
        \rsort($this->array, $sort_flags);
        return $this;
    }

    public function usort(callable $value_compare_func): self
    {
        \usort($this->array, $value_compare_func);
        return $this;
    }

    public function asort(int $sort_flags = SORT_REGULAR): self
    {
        \asort($this->array, $sort_flags);
        return $this;
    }

    public function arsort(int $sort_flags = SORT_REGULAR): self
    {
        \arsort($this->array, $sort_flags);
        return $this;
    }

    public function uasort(callable $value_compare_func): self
    {
        \uasort($this->array, $value_compare_func);
        return $this;
    }

    public function ksort(int $sort_flags = SORT_REGULAR): self
    {
        \ksort($this->array, $sort_flags);
        return $this;
    }

    public function krsort(int $sort_flags = SORT_REGULAR): self
    {
        \krsort($this->array, $sort_flags);
        return $this;
    }

    public function uksort(callable $value_compare_func): self
    {
        \uksort($this->array, $value_compare_func);
        return $this;
    }

    public function natsort(): self
    {
        \natsort($this->array);
        return $this;
    }

    public function natcasesort(): self
    {
        \natcasesort($this->array);
        return $this;
    }

    public function shuffle(): self
    {
        \shuffle($this->array);
        return $this;
    }

    /** @return mixed */
    protected static function detectType(mixed $value)
    {
        return match (true) {
            \is_string($value) => static::detectStringType($value),
            \is_array($value) => static::detectArrayType($value),
            default => $value,
        };
    }

    protected static function detectStringType(string $value): StringObject
    {
        return new StringObject($value);
    }

    protected static function detectArrayType(array $value): static
    {
        return new static($value);
    }
}
