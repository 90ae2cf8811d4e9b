<?php

declare(strict_types=1);

namespace App;

use Highper\Http\Request;

final readonly class CurrentUser
{
    public function __construct(public int $id)
    {
    }

    public static function of(Request $r): self
    {
        return new self((int) $r->header('X-User', '0'));
    }
}
