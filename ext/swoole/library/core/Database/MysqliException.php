<?php

declare(strict_types=1);

namespace Swoole\Database;

/** What MySQL refused, with its error number. */
class MysqliException extends \Exception
{
}
