<?php

declare(strict_types=1);

namespace Highper\Library;

use Swoole\ArrayObject;
use Swoole\MultibyteStringObject;
use Swoole\StringObject;

function _string(string $string = ''): StringObject
{
    return new StringObject($string);
}

function _mbstring(string $string = ''): MultibyteStringObject
{
    return new MultibyteStringObject($string);
}

function _array(array $array = []): ArrayObject
{
    return new ArrayObject($array);
}
