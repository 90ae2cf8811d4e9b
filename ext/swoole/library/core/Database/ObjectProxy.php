<?php

declare(strict_types=1);

namespace Swoole\Database;

/** A proxy whose connection cannot be shared with a clone. */
class ObjectProxy extends \Swoole\ObjectProxy
{
    final public function __clone(): void
    {
        throw new \Error('Trying to clone an uncloneable database proxy object');
    }
}
