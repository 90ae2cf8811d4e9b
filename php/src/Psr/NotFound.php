<?php

declare(strict_types=1);

namespace Highper\Psr;

use Psr\Container\NotFoundExceptionInterface;

/** Nothing is bound to a name, and no class of this name can be made. */
final class NotFound extends \LogicException implements NotFoundExceptionInterface
{
}
