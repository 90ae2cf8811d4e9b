<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\Each;
use Highper\Attribute\Email;
use Highper\Attribute\Length;

final readonly class CreateNote
{
    public function __construct(
        #[Length(1, 200)] public string $title,
        public string $body = '',
        #[Each(new Email)] public array $share = [],
    ) {
    }
}
