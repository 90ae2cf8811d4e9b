<?php

declare(strict_types=1);

namespace Highper\Psr;

use Psr\Container\ContainerExceptionInterface;

/** An object can't be made. */
final class ContainerError extends \LogicException implements ContainerExceptionInterface
{
}
