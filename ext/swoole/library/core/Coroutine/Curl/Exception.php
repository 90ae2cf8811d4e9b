<?php

declare(strict_types=1);

namespace Swoole\Coroutine\Curl;

/** A handle of cURL that two coroutines use at the same time. */
class Exception extends \Swoole\Exception
{
}

if (\SWOOLE_USE_SHORTNAME) {
    \class_alias(Exception::class, 'Co\Coroutine\Curl\Exception');
}
