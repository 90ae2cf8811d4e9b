<?php

declare(strict_types=1);

namespace Notes;

/** One note, as the API shows it. Times are UTC in RFC 3339. */
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

    /** @param array<string, mixed> $row */
    public static function fromRow(array $row): self
    {
        return new self(
            (int) $row['id'],
            (string) $row['title'],
            (string) $row['body'],
            (string) $row['created_at'],
            (string) $row['updated_at'],
        );
    }
}
