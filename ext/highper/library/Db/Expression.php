<?php

declare(strict_types=1);

namespace Highper\Db;

/** What the database computes, as the default of a column. */
final readonly class Expression
{
    public function __construct(public string $sql)
    {
    }
}
