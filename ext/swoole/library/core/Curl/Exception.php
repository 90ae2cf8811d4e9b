<?php

declare(strict_types=1);

namespace Swoole\Curl;

/** An option that is not supported. */
class Exception extends \Swoole\Exception
{
}
