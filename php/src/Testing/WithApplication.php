<?php

declare(strict_types=1);

namespace Highper\Testing;

use Highper\Application;
use Highper\Http\Request;
use LogicException;
use PHPUnit\Framework\TestCase;
use ReflectionClass;
use ReflectionMethod;
use ReflectionProperty;

use function Highper\scope;

/**
 * For test cases of PHPUnit: each test has a fresh application in `$this->app`, and runs in a coroutine.
 *
 * Requests need no port: they go through the application's filters, middleware, controllers and limits as a client's do.
 * Cookies that an answer sets go with the test's later requests.
 */
trait WithApplication
{
    use FakesHttp;

    protected Application $app;

    /** @var array<string, string> */
    private array $requestHeaders = [];

    /** @var array<string, string> */
    private array $requestCookies = [];

    private string $requestIp = '127.0.0.1';

    private ?string $nameOfTest = null;

    /** @before */
    #[\PHPUnit\Framework\Attributes\Before]
    protected function makeApplication(): void
    {
        [$this->requestHeaders, $this->requestCookies, $this->requestIp] = [[], [], '127.0.0.1'];
        $this->app = $this->createApplication();
    }

    /** The application that is tested: that of `bootstrap/app.php`, unless you say otherwise. */
    protected function createApplication(): Application
    {
        $from = dirname((string) (new ReflectionClass($this))->getFileName());
        for ($folder = $from; ; $folder = dirname($folder)) {
            if (is_file("{$folder}/bootstrap/app.php")) {
                break;
            }
            if ($folder === dirname($folder)) {
                throw new LogicException("There is no bootstrap/app.php in {$from} or above it: write a createApplication() that returns your application.");
            }
        }
        $application = require "{$folder}/bootstrap/app.php";
        if (!$application instanceof Application) {
            throw new LogicException("{$folder}/bootstrap/app.php must return a Highper\\Application, " . get_debug_type($application) . ' returned.');
        }
        return $application;
    }

    /** For PHPUnit up to 9. */
    protected function runTest(): mixed
    {
        return scope(fn () => parent::runTest());
    }

    /** For PHPUnit 10 and 11, which let nobody around a test: the call of its name leads to `runTestInCoroutine()`. */
    #[\PHPUnit\Framework\Attributes\PreCondition]
    protected function leadTestIntoCoroutine(): void
    {
        if (!method_exists(TestCase::class, 'invokeTestMethod') && (new ReflectionMethod(TestCase::class, 'runTest'))->isPrivate()) {
            $name = new ReflectionProperty(TestCase::class, 'methodName');
            $this->nameOfTest = (string) $name->getValue($this);
            $name->setValue($this, 'runTestInCoroutine');
        }
    }

    /** The test itself, under its own name again. */
    public function runTestInCoroutine(mixed ...$arguments): mixed
    {
        $this->giveTestItsName();
        return scope(fn () => $this->{$this->name()}(...$arguments));
    }

    /** Where another precondition has failed. */
    #[\PHPUnit\Framework\Attributes\After]
    protected function giveTestItsName(): void
    {
        if ($this->nameOfTest !== null) {
            (new ReflectionProperty(TestCase::class, 'methodName'))->setValue($this, $this->nameOfTest);
            $this->nameOfTest = null;
        }
    }

    /** For PHPUnit from 12 on. @param array<array-key, mixed> $testArguments */
    protected function invokeTestMethod(string $methodName, array $testArguments): mixed
    {
        return scope(fn () => parent::invokeTestMethod($methodName, $testArguments));
    }

    /** The user of the requests that follow: what asks the container for this object's class, or for `$as`, gets it. */
    protected function actingAs(object $user, ?string $as = null): static
    {
        $this->app->instance($as ?? $user::class, $user);
        return $this;
    }

    protected function withHeader(string $name, string $value): static
    {
        $this->requestHeaders[$name] = $value;
        return $this;
    }

    /** @param array<string, string> $headers */
    protected function withHeaders(array $headers): static
    {
        $this->requestHeaders = array_merge($this->requestHeaders, $headers);
        return $this;
    }

    /** As `Authorization: Bearer …`. */
    protected function withToken(string $token): static
    {
        return $this->withHeader('Authorization', "Bearer {$token}");
    }

    protected function withCookie(string $name, string $value): static
    {
        $this->requestCookies[$name] = $value;
        return $this;
    }

    /** The client's address. */
    protected function from(string $ip): static
    {
        $this->requestIp = $ip;
        return $this;
    }

    /** @param array<string, string> $headers */
    protected function get(string $uri, array $headers = []): TestResponse
    {
        return $this->call('GET', $uri, $headers);
    }

    /** A form. @param array<array-key, mixed> $fields @param array<string, string> $headers */
    protected function post(string $uri, array $fields = [], array $headers = []): TestResponse
    {
        return $this->call('POST', $uri, ['Content-Type' => 'application/x-www-form-urlencoded', ...$headers], http_build_query($fields));
    }

    /** @param array<string, string> $headers */
    protected function getJson(string $uri, array $headers = []): TestResponse
    {
        return $this->call('GET', $uri, ['Accept' => 'application/json', ...$headers]);
    }

    /** @param array<string, string> $headers */
    protected function postJson(string $uri, mixed $data = [], array $headers = []): TestResponse
    {
        return $this->json('POST', $uri, $data, $headers);
    }

    /** @param array<string, string> $headers */
    protected function putJson(string $uri, mixed $data = [], array $headers = []): TestResponse
    {
        return $this->json('PUT', $uri, $data, $headers);
    }

    /** @param array<string, string> $headers */
    protected function patchJson(string $uri, mixed $data = [], array $headers = []): TestResponse
    {
        return $this->json('PATCH', $uri, $data, $headers);
    }

    /** @param array<string, string> $headers */
    protected function deleteJson(string $uri, mixed $data = [], array $headers = []): TestResponse
    {
        return $this->json('DELETE', $uri, $data, $headers);
    }

    /** @param array<string, string> $headers */
    protected function json(string $method, string $uri, mixed $data = [], array $headers = []): TestResponse
    {
        $body = json_encode($data, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        return $this->call($method, $uri, ['Accept' => 'application/json', 'Content-Type' => 'application/json', ...$headers], $body);
    }

    /** A WebSocket client, connected. @param array<string, string> $headers */
    protected function webSocket(string $uri, array $headers = []): TestSocket
    {
        return new TestSocket($this->app->connect($this->requestIp), $uri, [...$this->withCookies(), ...$this->requestHeaders, ...$headers]);
    }

    /** @return array<string, string> */
    private function withCookies(): array
    {
        if ($this->requestCookies === []) {
            return [];
        }
        $pairs = array_map(static fn ($name, $value) => $name . '=' . rawurlencode($value), array_keys($this->requestCookies), $this->requestCookies);
        return ['Cookie' => implode('; ', $pairs)];
    }

    /** @param array<string, string> $headers */
    protected function call(string $method, string $uri, array $headers = [], string $body = ''): TestResponse
    {
        $headers = [...$this->requestHeaders, ...$headers, ...$this->withCookies()];
        $response = new TestResponse($this->app->handle(Request::create($method, $uri, $headers, $body, $this->requestIp)), "{$method} {$uri}");
        foreach ($response->cookies() as $name => $cookie) {
            if ($cookie['expires'] !== null && $cookie['expires'] <= time()) {
                unset($this->requestCookies[$name]);
            } else {
                $this->requestCookies[$name] = $cookie['value'];
            }
        }
        return $response;
    }
}
