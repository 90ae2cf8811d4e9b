<?php

declare(strict_types=1);

namespace Highper\Psr;

use Highper\Application;
use Highper\Http\Request;
use Highper\Http\Response;
use LogicException;
use Psr\Http\Message\ResponseFactoryInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestFactoryInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Message\StreamFactoryInterface;
use Psr\Http\Message\UploadedFileFactoryInterface;

/** Native messages as PSR-7 has them, and back. */
final class Messages
{
    /** Classes that are all four factories. */
    private const KNOWN = ['Nyholm\Psr7\Factory\Psr17Factory', 'GuzzleHttp\Psr7\HttpFactory'];

    public function __construct(
        private readonly ServerRequestFactoryInterface $requests,
        private readonly ResponseFactoryInterface $responses,
        private readonly StreamFactoryInterface $streams,
        private readonly UploadedFileFactoryInterface $uploads,
    ) {
    }

    /** With the factories that the application binds, else those that are installed. */
    public static function of(Application $app): self
    {
        $known = null;
        $factory = static function (string $interface) use ($app, &$known): object {
            if ($app->has($interface)) {
                return $app->make($interface);
            }
            foreach (self::KNOWN as $class) {
                if ($known === null && class_exists($class)) {
                    $known = new $class();
                }
            }
            return $known ?? throw new LogicException(
                "PSR-15 middleware needs {$interface}: composer require nyholm/psr7, or bind your own"
            );
        };
        return new self(
            $factory(ServerRequestFactoryInterface::class),
            $factory(ResponseFactoryInterface::class),
            $factory(StreamFactoryInterface::class),
            $factory(UploadedFileFactoryInterface::class),
        );
    }

    public function request(Request $request): ServerRequestInterface
    {
        $host = $request->host();
        $server = ['REMOTE_ADDR' => $request->ip(), 'REQUEST_METHOD' => $request->method(), 'REQUEST_URI' => $request->uri(),
            'SERVER_PROTOCOL' => $request->protocol()];
        $uri = $host === null ? $request->uri() : "{$request->scheme()}://{$host}{$request->uri()}";
        $psr = $this->requests->createServerRequest($request->method(), $uri, $server)
            ->withProtocolVersion(substr($request->protocol(), 5))
            ->withQueryParams($request->query())
            ->withCookieParams($request->cookie());
        foreach ($request->headers() as $name => $values) {
            $psr = $psr->withHeader((string) $name, $values);
        }
        $kind = strtolower((string) $request->header('Content-Type'));
        if (str_starts_with($kind, 'application/x-www-form-urlencoded') || str_starts_with($kind, 'multipart/form-data')) {
            $psr = $psr->withParsedBody($request->form())->withUploadedFiles($this->files($request->files()));
        }
        $body = $request->body();
        return $body === '' ? $psr : $psr->withBody($this->streams->createStream($body));
    }

    public function response(Response $response): ResponseInterface
    {
        $psr = $this->responses->createResponse($response->status());
        foreach ($response->headers() as $name => $values) {
            $psr = $psr->withHeader((string) $name, $values);
        }
        // Set in any case: by this stream it is known later whether the body was changed.
        return $psr->withBody($this->streams->createStream($response->body()));
    }

    /**
     * What a middleware returned.
     *
     * @param ?Response $native what the rest had answered
     * @param ?ResponseInterface $answered the same, as the middleware got it
     */
    public function native(ResponseInterface $psr, ?Response $native, ?ResponseInterface $answered): Response
    {
        if ($native !== null && $psr === $answered) {
            return $native;
        }
        if ($native !== null && $psr->getBody() === $answered?->getBody()) {
            // Only dressed anew: the body stays where it is, a file with the kernel.
            // The 101 of a WebSocket stays one: nothing else may be made a 101.
            $status = $psr->getStatusCode();
            $response = $status === $native->status() ? $native : $native->withStatus($status);
            foreach (array_keys($response->headers()) as $name) {
                $response = $response->withoutHeader((string) $name);
            }
        } else {
            $response = new Response((string) $psr->getBody(), $psr->getStatusCode());
        }
        foreach ($psr->getHeaders() as $name => $values) {
            foreach ($values as $value) {
                $response = $response->withAddedHeader((string) $name, $value);
            }
        }
        return $response;
    }

    /** Uploads as $_FILES has them. */
    private function files(array $files): array
    {
        $made = [];
        foreach ($files as $field => $file) {
            $made[$field] = $this->file($file['tmp_name'], $file['size'], $file['error'], $file['name'], $file['type']);
        }
        return $made;
    }

    private function file(mixed $path, mixed $size, mixed $error, mixed $name, mixed $type): mixed
    {
        if (is_array($path)) {
            $made = [];
            foreach (array_keys($path) as $key) {
                $made[$key] = $this->file($path[$key], $size[$key], $error[$key], $name[$key], $type[$key]);
            }
            return $made;
        }
        $stream = $error === UPLOAD_ERR_OK ? $this->streams->createStreamFromFile($path) : $this->streams->createStream();
        return $this->uploads->createUploadedFile($stream, $size, $error, $name, $type);
    }
}
