<?php

declare(strict_types=1);

namespace Swoole\Coroutine\FastCGI\Client;

/** The connection failed; the code is the system's error number. */
class Exception extends \Swoole\Exception
{
}

if (\SWOOLE_USE_SHORTNAME) {
    \class_alias(Exception::class, 'Co\FastCGI\Client\Exception');
}
