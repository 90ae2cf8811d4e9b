<?php

declare(strict_types=1);

namespace Swoole\Coroutine\Http;

/** The answer to get(), post() and request(). */
class ClientProxy
{
    private array $headers;

    private array $cookies;

    public function __construct(private string $body, private int $statusCode, ?array $headers, ?array $cookies)
    {
        $this->headers = $headers ?? [];
        $this->cookies = $cookies ?? [];
    }

    public function getBody(): string
    {
        return $this->body;
    }

    public function getStatusCode(): int
    {
        return $this->statusCode;
    }

    public function getHeaders(): array
    {
        return $this->headers;
    }

    public function getCookies(): array
    {
        return $this->cookies;
    }
}
