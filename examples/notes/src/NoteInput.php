<?php

declare(strict_types=1);

namespace Notes;

use Highper\Http\Unprocessable;

/** What a client may set on a note, checked. Every mistake is told at once. */
final readonly class NoteInput
{
    private const TITLE_LIMIT = 200;
    private const BODY_LIMIT = 20_000;

    private function __construct(public string $title, public string $body)
    {
    }

    /** @param array<array-key, mixed> $fields */
    public static function from(array $fields): self
    {
        $errors = [];
        foreach (array_diff(array_keys($fields), ['title', 'body']) as $unknown) {
            $errors[(string) $unknown][] = 'is not a field of a note';
        }
        $title = $fields['title'] ?? '';
        $body = $fields['body'] ?? '';
        foreach (['title' => $title, 'body' => $body] as $name => $value) {
            if (!is_string($value)) {
                $errors[$name][] = 'must be text, not ' . get_debug_type($value);
            } elseif (!self::isText($value)) {
                $errors[$name][] = 'must be valid UTF-8 without control characters';
            }
        }
        if ($errors === []) {
            $title = trim($title);
            if ($title === '' || self::length($title) > self::TITLE_LIMIT) {
                $errors['title'][] = 'must have 1 to ' . self::TITLE_LIMIT . ' characters';
            }
            if (self::length($body) > self::BODY_LIMIT) {
                $errors['body'][] = 'must have at most ' . self::BODY_LIMIT . ' characters';
            }
        }

        return $errors === [] ? new self($title, $body) : throw new Unprocessable($errors);
    }

    private static function isText(string $value): bool
    {
        return preg_match('/\A[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\z/u', $value) === 1;
    }

    /** Characters, without ext-mbstring. */
    private static function length(string $value): int
    {
        return (int) preg_match_all('/./su', $value);
    }
}
