<?php

declare(strict_types=1);

namespace Swoole\NameResolver;

/** A registry refused; the code is the status of its answer. */
class Exception extends \RuntimeException
{
}
