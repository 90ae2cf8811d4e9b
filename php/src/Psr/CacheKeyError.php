<?php

declare(strict_types=1);

namespace Highper\Psr;

use Psr\SimpleCache\InvalidArgumentException;

/** A key that PSR-16 does not allow. */
final class CacheKeyError extends \InvalidArgumentException implements InvalidArgumentException
{
}
