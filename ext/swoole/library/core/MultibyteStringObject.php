<?php

declare(strict_types=1);

namespace Swoole;

/** A string object that counts characters. `$encoding`: mb_internal_encoding() without it. */
class MultibyteStringObject extends StringObject
{
    /** Characters. */
    public function length(): int
    {
        return \mb_strlen($this->string);
    }

    public function indexOf(string $needle, int $offset = 0, ?string $encoding = null): int|false
    {
        return \mb_strpos($this->string, $needle, $offset, $encoding);
    }

    public function lastIndexOf(string $needle, int $offset = 0, ?string $encoding = null): int|false
    {
        return \mb_strrpos($this->string, $needle, $offset, $encoding);
    }

    public function pos(string $needle, int $offset = 0, ?string $encoding = null): int|false
    {
        return \mb_strpos($this->string, $needle, $offset, $encoding);
    }

    public function rpos(string $needle, int $offset = 0, ?string $encoding = null): int|false
    {
        return \mb_strrpos($this->string, $needle, $offset, $encoding);
    }

    public function ipos(string $needle, int $offset = 0, ?string $encoding = null): int|false
    {
        return \mb_stripos($this->string, $needle, $offset, $encoding);
    }

    public function substr(int $start, ?int $length = null, ?string $encoding = null): static
    {
        return new static(\mb_substr($this->string, $start, $length, $encoding));
    }

    /** Pieces of this many characters. */
    public function chunk(int $length = 1): ArrayObject
    {
        return static::detectArrayType(\mb_str_split($this->string, $length));
    }
}
