<?php

declare(strict_types=1);

namespace Highper\Testing;

use Closure;
use Highper\Application;
use Highper\Http\Client;
use Highper\Http\ClientException;
use Highper\Http\ClientRequest;
use Highper\Http\ClientResponse;
use PHPUnit\Framework\Assert;
use Throwable;
use UnexpectedValueException;

/** For test cases with an application in `$this->app`: answers instead of servers, and what was asked. */
trait FakesHttp
{
    protected Application $app;

    /** @var list<ClientRequest> */
    private array $sentHttp = [];

    /** @var array<string, mixed> */
    private array $fakedHttp = [];

    /**
     * Answers the requests of the application's HTTP clients. The first pattern that fits the address (without its query, `*`
     * stands for anything, `https://` may be left out) says how; a request that none fits fails the test.
     *
     * @param array<string, ClientResponse|string|array<array-key, mixed>|int|Closure|Throwable|list<ClientResponse>> $answers
     *        A response; a text, or an array that becomes JSON; a status; a closure that gets the request; what is thrown; a list of
     *        responses, one after another, whose last one stays.
     */
    protected function fakeHttp(array $answers = ['*' => '']): void
    {
        $this->fakedHttp = $answers;
        $this->sentHttp = [];
        $names = [];
        foreach ((array) $this->app->config('http', []) as $name => $settings) {
            if (is_array($settings) && !in_array($name, ['headers', 'pool', 'query', 'auth', 'cert'], true)) {
                $names[] = "http.{$name}";
            }
        }
        foreach ([Client::class, ...$names] as $name) {
            $this->app->make($name)->fake($this->answerHttp(...));
        }
    }

    /** @param (callable(ClientRequest): bool)|string $wanted A pattern as `fakeHttp()` has them, perhaps behind a method: `POST api.example/*`. */
    protected function assertSent(callable|string $wanted): void
    {
        Assert::assertNotEmpty($this->sent($wanted), 'No such request was made' . (is_string($wanted) ? ": {$wanted}" : '') . '. ' . $this->listHttp());
    }

    /** @param (callable(ClientRequest): bool)|string $wanted */
    protected function assertNotSent(callable|string $wanted): void
    {
        Assert::assertEmpty($this->sent($wanted), 'Such a request was made' . (is_string($wanted) ? ": {$wanted}" : '') . '. ' . $this->listHttp());
    }

    protected function assertSentCount(int $count): void
    {
        Assert::assertCount($count, $this->sentHttp, $this->listHttp());
    }

    protected function assertNothingSent(): void
    {
        $this->assertSentCount(0);
    }

    /** @return list<ClientRequest> All requests that were made, or those that are wanted. */
    protected function sent(callable|string|null $wanted = null): array
    {
        if ($wanted === null) {
            return $this->sentHttp;
        }
        $fits = is_string($wanted)
            ? static function (ClientRequest $request) use ($wanted): bool {
                [$method, $pattern] = preg_match('/^([A-Z]+) (.+)$/', $wanted, $m) === 1 ? [$m[1], $m[2]] : [null, $wanted];
                return ($method === null || $method === $request->method) && self::fitsHttp($pattern, $request->url);
            }
            : $wanted;
        return array_values(array_filter($this->sentHttp, $fits));
    }

    private function answerHttp(ClientRequest $request): ClientResponse
    {
        $this->sentHttp[] = $request;
        foreach ($this->fakedHttp as $pattern => $answer) {
            if (!self::fitsHttp((string) $pattern, $request->url)) {
                continue;
            }
            if (is_array($answer) && $answer !== [] && array_is_list($answer) && $answer[0] instanceof ClientResponse) {
                if (count($answer) > 1) {
                    array_shift($this->fakedHttp[$pattern]);
                }
                $answer = $answer[0];
            }
            if ($answer instanceof Closure) {
                $answer = $answer($request);
            }
            return match (true) {
                $answer instanceof ClientResponse => $answer,
                $answer instanceof Throwable => throw $answer,
                is_int($answer) => ClientResponse::make('', $answer),
                is_string($answer), is_array($answer), $answer instanceof \JsonSerializable => ClientResponse::make($answer),
                default => throw new UnexpectedValueException("the answer for '{$pattern}' must be a response, a text, an array, a status or an exception, " . get_debug_type($answer) . ' given'),
            };
        }
        throw new ClientException("{$request->method} {$request->url}: the test has no answer for it; fakeHttp() has those for: " . implode(', ', array_keys($this->fakedHttp)));
    }

    private static function fitsHttp(string $pattern, string $url): bool
    {
        $url = explode('?', $url)[0];
        $regex = '~^(?:https?://)?' . str_replace('\*', '.*', preg_quote(preg_replace('~^https?://~', '', $pattern), '~')) . '/?$~i';
        return preg_match($regex, $url) === 1;
    }

    private function listHttp(): string
    {
        $lines = array_map(static fn (ClientRequest $request): string => "{$request->method} {$request->url}", $this->sentHttp);
        return $lines === [] ? 'No request was made.' : "These were made:\n" . implode("\n", $lines);
    }
}
