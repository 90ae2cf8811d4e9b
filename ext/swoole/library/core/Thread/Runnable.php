<?php

declare(strict_types=1);

namespace Swoole\Thread;

/** What the threads of a Pool run. Threads need a PHP with thread safety. */
abstract class Runnable
{
    /** 1 until the pool shall end. */
    protected Atomic $running;

    /** The thread's place in the pool. */
    protected int $id;

    public function __construct($running, $index)
    {
        $this->running = $running;
        $this->id = $index;
    }

    abstract public function run(array $args): void;

    protected function isRunning(): bool
    {
        return $this->running->get() === 1;
    }

    protected function shutdown(): void
    {
        $this->running->set(0);
    }
}
