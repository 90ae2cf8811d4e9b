<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\{Email, Length};

/** What a client may send: types are the first rules. */
final readonly class Guest
{
    public function __construct(#[Length(1, 80)] public string $name, #[Email] public ?string $email = null) {}
}
