<?php

declare(strict_types=1);

namespace Highper\Psr;

use Highper\Event\Dispatcher as Native;
use Psr\EventDispatcher\EventDispatcherInterface;

/** The application's dispatcher as PSR-14 has it. An application binds it to EventDispatcherInterface by itself. */
final class Dispatcher implements EventDispatcherInterface
{
    public function __construct(private readonly Native $dispatcher)
    {
    }

    public function dispatch(object $event): object
    {
        return $this->dispatcher->dispatch($event);
    }
}
