<?php

declare(strict_types=1);

namespace Swoole\RemoteObject;

use Swoole\RemoteObject;

/** Passes on to a remote object: for classes that stand for one. */
trait ProxyTrait
{
    abstract protected function getObject(): RemoteObject;

    public function __call(string $method, array $args)
    {
        return $this->getObject()->__call($method, $args);
    }

    public function __invoke(...$args)
    {
        return $this->getObject()->__invoke(...$args);
    }

    public function __toString(): string
    {
        return $this->getObject()->__toString();
    }

    public function __get(string $property)
    {
        return $this->getObject()->__get($property);
    }

    public function __set(string $property, mixed $value)
    {
        $this->getObject()->__set($property, $value);
    }

    public function offsetGet(mixed $offset): mixed
    {
        return $this->getObject()->offsetGet($offset);
    }

    public function offsetSet(mixed $offset, mixed $value): void
    {
        $this->getObject()->offsetSet($offset, $value);
    }

    public function offsetUnset(mixed $offset): void
    {
        $this->getObject()->offsetUnset($offset);
    }

    public function offsetExists(mixed $offset): bool
    {
        return $this->getObject()->offsetExists($offset);
    }

    public function current(): mixed
    {
        return $this->getObject()->current();
    }

    public function next(): void
    {
        $this->getObject()->next();
    }

    public function key(): mixed
    {
        return $this->getObject()->key();
    }

    public function valid(): bool
    {
        return $this->getObject()->valid();
    }

    public function rewind(): void
    {
        $this->getObject()->rewind();
    }

    public function count(): int
    {
        return $this->getObject()->count();
    }
}
