<?php

declare(strict_types=1);

namespace Highper\Db;

/**
 * A query whose rows are objects of a model. Its methods are those of Highper\Db\Query.
 *
 * @template T of Model
 * @mixin Query
 */
final class Models
{
    /** @param class-string<T> $class */
    public function __construct(private readonly string $class, private Query $query)
    {
    }

    public function __clone()
    {
        $this->query = clone $this->query;
    }

    /** @return list<T> */
    public function get(): array
    {
        return array_map($this->class::of(...), $this->query->get());
    }

    /** @return T|null */
    public function first(): ?Model
    {
        $row = $this->query->first();

        return $row === null ? null : $this->class::of($row);
    }

    /** @return T */
    public function firstOrFail(): Model
    {
        return $this->first() ?? throw new \Highper\Http\NotFound("there is no such {$this->class}");
    }

    /** @return T|null */
    public function find(int|string $id): ?Model
    {
        $row = (clone $this->query)->where($this->class::keyName(), $id)->first();

        return $row === null ? null : $this->class::of($row);
    }

    /** @return \Generator<int, T> */
    public function iterate(): \Generator
    {
        foreach ($this->query->iterate() as $row) {
            yield $this->class::of($row);
        }
    }

    /** @param callable(list<T>): mixed $body */
    public function chunk(int $size, callable $body): bool
    {
        return $this->query->chunk($size, fn (array $rows): mixed => $body(array_map($this->class::of(...), $rows)));
    }

    /** @return array{data: list<T>, total: int, page: int, size: int, pages: int} */
    public function paginate(int $size = 15, int $page = 1): array
    {
        $found = $this->query->paginate($size, $page);

        return ['data' => array_map($this->class::of(...), $found['data'])] + $found;
    }

    /** The query itself. */
    public function query(): Query
    {
        return $this->query;
    }

    /** @param array<mixed> $arguments */
    public function __call(string $name, array $arguments): mixed
    {
        $result = $this->query->{$name}(...$arguments);

        return $result === $this->query ? $this : $result;
    }
}
