<?php

declare(strict_types=1);

namespace Notes;

use Attribute;
use Highper\Validation\Rule;

/** A rule of our own: text without control characters, so long when the space around it is gone. */
#[Attribute(Attribute::TARGET_PARAMETER)]
final readonly class Text implements Rule
{
    public function __construct(private int $min, private int $max)
    {
    }

    /** @param array<array-key, mixed> $fields */
    public function check(mixed $value, array $fields): ?string
    {
        if (!is_string($value) || preg_match('/\A[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\z/u', $value) !== 1) {
            return 'must be valid UTF-8 without control characters';
        }
        $length = (int) preg_match_all('/./su', trim($value));
        if ($length >= $this->min && $length <= $this->max) {
            return null;
        }

        return $this->min > 0 ? "must have {$this->min} to {$this->max} characters" : "must have at most {$this->max} characters";
    }
}
