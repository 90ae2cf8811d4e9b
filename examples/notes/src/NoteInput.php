<?php

declare(strict_types=1);

namespace Notes;

/** What a client may set on a note. Every mistake is told at once. */
final readonly class NoteInput
{
    public string $title;

    public function __construct(#[Text(1, 200)] string $title, #[Text(0, 20_000)] public string $body = '')
    {
        $this->title = trim($title);
    }
}
