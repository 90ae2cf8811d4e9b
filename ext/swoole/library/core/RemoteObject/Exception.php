<?php

declare(strict_types=1);

namespace Swoole\RemoteObject;

/** The other process cannot be reached, or could not do what it was asked for. */
class Exception extends \RuntimeException
{
}
