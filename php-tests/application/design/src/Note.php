<?php

declare(strict_types=1);

namespace App;

final readonly class Note
{
    public function __construct(public int $id, public string $title, public int $owner)
    {
    }
}
