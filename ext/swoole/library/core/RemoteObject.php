<?php

declare(strict_types=1);

namespace Swoole;

use Swoole\RemoteObject\Client;
use Swoole\RemoteObject\Exception;

/** Stands for an object in another process: calls, properties and offsets are requests to it. */
class RemoteObject implements \ArrayAccess, \Stringable, \Iterator, \Countable
{
    /** 0: none yet, or gone. */
    private int $objectId = 0;

    /** The coroutine that asked for it. */
    private int $coroutineId;

    private string $clientId;

    /** Null on the side of the server, where the object is only passed on. */
    private ?Client $client = null;

    public function __construct($coroutineId, $clientId)
    {
        $this->coroutineId = $coroutineId;
        $this->clientId = $clientId;
    }

    public function __destruct()
    {
        // Outside of coroutines, as at the end of a program, there is no way to tell it.
        if ($this->client === null || $this->objectId === 0 || Coroutine::getCid() < 0) {
            return;
        }
        try {
            $this->execute('/destroy', ['object' => $this->objectId]);
        } catch (Exception $error) {
            \error_log("remote object #{$this->objectId} is not destroyed: {$error->getMessage()}");
        }
    }

    /** Makes an object of a class. */
    public static function create(Client $client, string $class, array $args): RemoteObject
    {
        $object = self::of($client);
        $answer = $object->execute('/new', ['class' => $class, 'args' => \serialize($args)]);
        $object->objectId = (int) $answer['object'];
        return $object;
    }

    /** Calls a function. */
    public static function call(Client $client, string $fn, array $args)
    {
        return self::of($client)->execute('/call_function', ['function' => $fn, 'args' => \serialize($args)])['result'];
    }

    /** What a server sends for an object of its own. */
    public static function marshal(int $objectId, int $ownerCoroutineId, string $clientId): RemoteObject
    {
        $object = new self($ownerCoroutineId, $clientId);
        $object->objectId = $objectId;
        return $object;
    }

    public function getObjectId(): int
    {
        return $this->objectId;
    }

    public function __call(string $method, array $args)
    {
        return $this->execute('/call_method', [
            'object' => $this->objectId,
            'method' => $method,
            'args' => \serialize($args),
        ])['result'];
    }

    public function __invoke(...$args)
    {
        return $this->__call('__invoke', $args);
    }

    public function __toString(): string
    {
        return $this->execute('/to_string', ['object' => $this->objectId])['value'];
    }

    public function __get(string $property)
    {
        return $this->execute('/read_property', ['object' => $this->objectId, 'property' => $property])['property'];
    }

    public function __set(string $property, mixed $value)
    {
        $this->execute('/write_property', [
            'object' => $this->objectId,
            'property' => $property,
            'value' => \serialize($value),
        ]);
    }

    public function __serialize(): array
    {
        return [
            'objectId' => $this->objectId,
            'coroutineId' => $this->coroutineId,
            'clientId' => $this->clientId,
        ];
    }

    public function __unserialize(array $data): void
    {
        $this->objectId = $data['objectId'];
        $this->coroutineId = $data['coroutineId'];
        $this->clientId = $data['clientId'];
        $this->client = Client::getInstance($this->clientId);
    }

    public function offsetGet(mixed $offset): mixed
    {
        return $this->execute('/offset_get', ['object' => $this->objectId, 'offset' => $offset])['value'];
    }

    public function offsetSet(mixed $offset, mixed $value): void
    {
        $this->execute('/offset_set', [
            'object' => $this->objectId,
            'offset' => $offset,
            'value' => \serialize($value),
        ]);
    }

    public function offsetUnset(mixed $offset): void
    {
        $this->execute('/offset_unset', ['object' => $this->objectId, 'offset' => $offset]);
    }

    public function offsetExists(mixed $offset): bool
    {
        return $this->execute('/offset_exists', ['object' => $this->objectId, 'offset' => $offset])['exists'];
    }

    public function current(): mixed
    {
        return $this->__call('current', []);
    }

    public function next(): void
    {
        $this->__call('next', []);
    }

    public function key(): mixed
    {
        return $this->__call('key', []);
    }

    public function valid(): bool
    {
        return $this->__call('valid', []);
    }

    public function rewind(): void
    {
        $this->__call('rewind', []);
    }

    public function count(): int
    {
        return $this->__call('count', []);
    }

    private static function of(Client $client): self
    {
        $object = new self(Coroutine::getCid(), $client->getId());
        $object->client = $client;
        return $object;
    }

    private function execute(string $path, array $params = []): array
    {
        if ($this->client === null) {
            throw new Exception(
                'This remote object is not bound to a client, and cannot initiate remote calls'
            );
        }
        return $this->client->execute($path, $params);
    }
}
