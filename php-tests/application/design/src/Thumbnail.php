<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\Job;

#[Job]
final readonly class Thumbnail
{
    public function __construct(public int $note)
    {
    }

    public function handle(): void
    {
        file_put_contents(getenv('THUMBNAILS') . "/{$this->note}.png", 'a picture');
    }
}
