<?php

declare(strict_types=1);

namespace Highper\Psr;

use Highper\Container as Native;
use Psr\Container\ContainerInterface;

/** The application's container as PSR-11 has it. An application binds it to ContainerInterface by itself. */
final class Container implements ContainerInterface
{
    public function __construct(private readonly Native $container)
    {
    }

    public function get(string $id): mixed
    {
        try {
            return $this->container->get($id);
        } catch (\Highper\ContainerException $e) {
            throw $this->container->has($id) ? new ContainerError($e->getMessage(), 0, $e) : new NotFound($e->getMessage(), 0, $e);
        }
    }

    public function has(string $id): bool
    {
        return $this->container->has($id);
    }
}
