<?php

declare(strict_types=1);

namespace Highper\Testing;

use Highper\Http\Response;
use JsonException;
use PHPUnit\Framework\Assert;

/** An answer and what a test says of it; each assertion returns the answer again. */
final class TestResponse
{
    public function __construct(public readonly Response $response, private readonly string $request) {}

    public function status(): int
    {
        return $this->response->status();
    }

    public function body(): string
    {
        return $this->response->body();
    }

    public function header(string $name): ?string
    {
        return $this->response->header($name);
    }

    /** The body as JSON; with a path (`errors.title.0`) what lies there, null where nothing does. */
    public function json(?string $path = null): mixed
    {
        try {
            $data = json_decode($this->body(), true, 512, JSON_THROW_ON_ERROR);
        } catch (JsonException $error) {
            Assert::fail("{$this->request}: the body is no JSON ({$error->getMessage()})\n{$this->excerpt()}");
        }
        return $path === null ? $data : self::at($data, $path)[1];
    }

    /** Of each Set-Cookie: the value, and when it expires (a timestamp; null with the browser's session). @return array<string, array{value: string, expires: ?int}> */
    public function cookies(): array
    {
        $cookies = [];
        foreach ($this->response->headers() as $name => $lines) {
            if (strcasecmp((string) $name, 'Set-Cookie') !== 0) {
                continue;
            }
            foreach ($lines as $line) {
                $parts = array_map('trim', explode(';', $line));
                [$key, $value] = array_pad(explode('=', array_shift($parts), 2), 2, '');
                $expires = null;
                foreach ($parts as $part) {
                    [$attribute, $of] = array_pad(explode('=', $part, 2), 2, '');
                    $expires = match (strtolower($attribute)) {
                        'max-age' => time() + (int) $of,
                        'expires' => $expires ?? (strtotime($of) ?: null),
                        default => $expires,
                    };
                }
                $cookies[$key] = ['value' => urldecode($value), 'expires' => $expires];
            }
        }
        return $cookies;
    }

    public function assertStatus(int $status): self
    {
        Assert::assertSame($status, $this->status(), "{$this->request} was answered with {$this->status()}\n{$this->excerpt()}");
        return $this;
    }

    public function assertOk(): self
    {
        return $this->assertStatus(200);
    }

    public function assertCreated(): self
    {
        return $this->assertStatus(201);
    }

    public function assertNoContent(): self
    {
        $this->assertStatus(204);
        Assert::assertSame('', $this->body(), "{$this->request}: the answer has a body");
        return $this;
    }

    public function assertNotFound(): self
    {
        return $this->assertStatus(404);
    }

    public function assertForbidden(): self
    {
        return $this->assertStatus(403);
    }

    public function assertUnauthorized(): self
    {
        return $this->assertStatus(401);
    }

    /** 422 with messages for these fields. */
    public function assertInvalid(string ...$fields): self
    {
        $this->assertStatus(422);
        foreach ($fields as $field) {
            Assert::assertArrayHasKey($field, (array) $this->json('errors'), "{$this->request}: no message for the field '{$field}'\n{$this->excerpt()}");
        }
        return $this;
    }

    public function assertRedirect(?string $location = null): self
    {
        Assert::assertContains($this->status(), [301, 302, 303, 307, 308], "{$this->request} was answered with {$this->status()}, not with a redirect\n{$this->excerpt()}");
        if ($location !== null) {
            Assert::assertSame($location, $this->header('Location'), "{$this->request} leads elsewhere");
        }
        return $this;
    }

    public function assertHeader(string $name, ?string $value = null): self
    {
        Assert::assertNotNull($this->header($name), "{$this->request}: the answer has no header {$name}");
        if ($value !== null) {
            Assert::assertSame($value, $this->header($name), "{$this->request}: the header {$name}");
        }
        return $this;
    }

    public function assertHeaderMissing(string $name): self
    {
        Assert::assertNull($this->header($name), "{$this->request}: the answer has a header {$name}");
        return $this;
    }

    public function assertCookie(string $name, ?string $value = null): self
    {
        $cookies = $this->cookies();
        Assert::assertArrayHasKey($name, $cookies, "{$this->request}: the answer sets no cookie {$name}");
        if ($value !== null) {
            Assert::assertSame($value, $cookies[$name]['value'], "{$this->request}: the cookie {$name}");
        }
        return $this;
    }

    /** The body has these members, and may have more. @param array<array-key, mixed> $expected */
    public function assertJson(array $expected): self
    {
        $data = $this->json();
        Assert::assertIsArray($data, "{$this->request}: the body is no object or list");
        Assert::assertSame(array_replace_recursive($data, $expected), $data, "{$this->request}: the body lacks something");
        return $this;
    }

    /** The body is this and nothing else. */
    public function assertExactJson(mixed $expected): self
    {
        Assert::assertEquals($expected, $this->json(), "{$this->request}: the body");
        return $this;
    }

    /** What lies at a path of the body: `errors.title.0`. */
    public function assertJsonPath(string $path, mixed $expected): self
    {
        [$isThere, $found] = self::at($this->json(), $path);
        Assert::assertTrue($isThere, "{$this->request}: the body has nothing at '{$path}'\n{$this->excerpt()}");
        Assert::assertSame($expected, $found, "{$this->request}: '{$path}' of the body");
        return $this;
    }

    public function assertJsonMissing(string $path): self
    {
        Assert::assertFalse(self::at($this->json(), $path)[0], "{$this->request}: the body has something at '{$path}'\n{$this->excerpt()}");
        return $this;
    }

    public function assertJsonCount(int $count, ?string $path = null): self
    {
        $found = $this->json($path);
        Assert::assertIsArray($found, "{$this->request}: no list at '{$path}'\n{$this->excerpt()}");
        Assert::assertCount($count, $found, "{$this->request}: the list at '{$path}'");
        return $this;
    }

    /** The body contains this text, as it stands or escaped for HTML. */
    public function assertSee(string $text): self
    {
        $isThere = str_contains($this->body(), $text) || str_contains($this->body(), htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE));
        Assert::assertTrue($isThere, "{$this->request}: '{$text}' is not in the body\n{$this->excerpt()}");
        return $this;
    }

    public function assertDontSee(string $text): self
    {
        Assert::assertStringNotContainsString($text, $this->body(), "{$this->request}: the body");
        return $this;
    }

    /** @return array{bool, mixed} Is something there, and what? */
    private static function at(mixed $data, string $path): array
    {
        foreach ($path === '' ? [] : explode('.', $path) as $step) {
            if (!is_array($data) || !array_key_exists($step, $data)) {
                return [false, null];
            }
            $data = $data[$step];
        }
        return [true, $data];
    }

    private function excerpt(): string
    {
        return mb_strimwidth($this->body(), 0, 2000, ' …');
    }
}
