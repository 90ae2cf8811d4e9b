<?php

declare(strict_types=1);

namespace Swoole\FastCGI;

use Swoole\Http\Status;

/** The answer to an HTTP request: header lines, an empty one, a body. */
class HttpResponse extends Response
{
    /** @var int */
    protected $statusCode;

    /** @var string */
    protected $reasonPhrase;

    /** @var array<string, string> as they came */
    protected array $headers = [];

    /** @var array<string, string> those names by the same in lower case */
    protected array $headersMap = [];

    /** @var string[] */
    protected array $setCookieHeaderLines = [];

    /** @param Record[] $records */
    public function __construct(array $records = [])
    {
        parent::__construct($records);
        $all = $this->getBody();
        if ($all === '') {
            return;
        }
        [$head, $body] = \explode("\r\n\r\n", $all, 2) + [1 => null];
        if ($body === null) {
            $this->withStatusCode(Status::BAD_GATEWAY)->withReasonPhrase('Invalid FastCGI Response')->withError($all);
            return;
        }
        $status = [Status::OK];
        foreach (\explode("\r\n", $head) as $line) {
            [$name, $value] = \array_map('trim', \explode(':', $line, 2)) + [1 => null];
            if ($value === null) {
                continue; // no header
            }
            match (\strtolower($name)) {
                'status' => $status = \explode(' ', $value, 2),
                'set-cookie' => $this->withSetCookieHeaderLine($value),
                default => $this->withHeader($name, $value),
            };
        }
        $code = (int) $status[0];
        $this->withStatusCode($code)->withReasonPhrase($status[1] ?? Status::getReasonPhrase($code));
        $this->withBody($body);
    }

    public function getStatusCode(): int
    {
        return $this->statusCode;
    }

    public function withStatusCode(int $statusCode): self
    {
        $this->statusCode = $statusCode;
        return $this;
    }

    public function getReasonPhrase(): string
    {
        return $this->reasonPhrase;
    }

    public function withReasonPhrase(string $reasonPhrase): self
    {
        $this->reasonPhrase = $reasonPhrase;
        return $this;
    }

    /** By its name, in whatever case. */
    public function getHeader(string $name): ?string
    {
        return $this->headers[$this->headersMap[\strtolower($name)] ?? ''] ?? null;
    }

    public function getHeaders(): array
    {
        return $this->headers;
    }

    public function withHeader(string $name, string $value): self
    {
        $this->headers[$name] = $value;
        $this->headersMap[\strtolower($name)] = $name;
        return $this;
    }

    public function withHeaders(array $headers): self
    {
        foreach ($headers as $name => $value) {
            $this->withHeader((string) $name, $value);
        }
        return $this;
    }

    public function getSetCookieHeaderLines(): array
    {
        return $this->setCookieHeaderLines;
    }

    public function withSetCookieHeaderLine(string $value): self
    {
        $this->setCookieHeaderLines[] = $value;
        return $this;
    }
}
