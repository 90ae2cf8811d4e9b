<?php

declare(strict_types=1);

namespace Notes;

/** One note, as the API shows it and a row of the table fills it. Times are UTC in RFC 3339. */
final readonly class Note
{
    public function __construct(
        public int $id,
        public string $title,
        public string $body,
        public string $createdAt,
        public string $updatedAt,
    ) {
    }
}
