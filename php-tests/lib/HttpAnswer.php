<?php

declare(strict_types=1);

namespace HighperTest;

/** An HTTP answer as it came over the wire. */
final readonly class HttpAnswer
{
    /** @param list<array{string, string}> $fields header fields in their order, names as sent */
    public function __construct(
        public string $version,
        public int $status,
        public string $reason,
        public array $fields,
        public string $body,
        /** @var list<array{string, string}> */
        public array $trailers = [],
    ) {
    }

    /** The value of a header field, several joined by a comma; null when absent. */
    public function header(string $name): ?string
    {
        $values = $this->headers($name);

        return $values === [] ? null : implode(', ', $values);
    }

    /** @return list<string> */
    public function headers(string $name): array
    {
        $values = [];
        foreach ($this->fields as [$field, $value]) {
            if (strcasecmp($field, $name) === 0) {
                $values[] = $value;
            }
        }

        return $values;
    }

    /** The body as JSON. */
    public function json(): mixed
    {
        return json_decode($this->body, true, 64, JSON_THROW_ON_ERROR);
    }
}
