<?php

namespace Bench;

/** A service. */
final class Stock
{
    public function of(int $id): int
    {
        return $id % 7;
    }
}
