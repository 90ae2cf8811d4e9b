<?php

declare(strict_types=1);

namespace Swoole;

use Swoole\Coroutine\Channel;

/**
 * Connections that coroutines take and give back; made when they are asked for, at most `$size`.
 *
 * put(null) says that a connection is broken: another one takes its place.
 */
class ConnectionPool
{
    public const DEFAULT_SIZE = 64;

    protected ?Channel $pool;

    /** @var callable makes a connection */
    protected $constructor;

    protected int $size;

    /** How many there are, lent ones among them. */
    protected int $num = 0;

    /** @param string|null $proxy a class that is made with the constructor, and stands for the connection */
    public function __construct(callable $constructor, int $size = self::DEFAULT_SIZE, protected ?string $proxy = null)
    {
        $this->constructor = $constructor;
        $this->size = $size;
        $this->pool = new Channel($size);
    }

    /** Makes as many as it may hold. */
    public function fill(): void
    {
        while ($this->num < $this->size) {
            $this->make();
        }
    }

    /**
     * @param float $timeout seconds to wait for a free one; without end when it is not above 0
     * @return mixed false when none became free in time
     */
    public function get(float $timeout = -1)
    {
        if ($this->pool === null) {
            throw new \RuntimeException('Pool has been closed');
        }
        if ($this->num < $this->size && $this->pool->isEmpty()) {
            $this->make();
        }
        return $this->pool->pop($timeout);
    }

    /** Gives one back; one of a pool that is closed is let go of. */
    public function put($connection): void
    {
        if ($this->pool === null) {
            return;
        }
        if ($connection === null) {
            --$this->num;
            $this->make();
        } else {
            $this->pool->push($connection);
        }
    }

    public function close(): void
    {
        // Who waits goes on within close(), and shall find the end.
        [$pool, $this->pool, $this->num] = [$this->pool, null, 0];
        $pool?->close();
    }

    protected function make(): void
    {
        // Counted first: making one waits, and others ask meanwhile.
        ++$this->num;
        try {
            $connection = $this->proxy ? new $this->proxy($this->constructor) : ($this->constructor)();
        } catch (\Throwable $error) {
            --$this->num;
            throw $error;
        }
        $this->put($connection);
    }
}
