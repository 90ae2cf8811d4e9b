<?php

declare(strict_types=1);

namespace Swoole\Exception;

/** ArrayObject::get() of a key that is not there; the message is the key. */
class ArrayKeyNotExists extends \RuntimeException
{
}
