<?php

declare(strict_types=1);

namespace Highper\Psr;

use Highper\Http\Client;
use Highper\Http\ClientConnectException;
use Highper\Http\ClientException;
use Highper\Http\ClientPoolException;
use Highper\Http\ClientTimeoutException;
use LogicException;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\ResponseFactoryInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\StreamFactoryInterface;
use Psr\Http\Message\StreamInterface;

/** A client as PSR-18. Answers of any status are answers, redirects too. */
final class HttpClient implements ClientInterface
{
    /** Classes that are both factories. */
    private const KNOWN = ['Nyholm\Psr7\Factory\Psr17Factory', 'GuzzleHttp\Psr7\HttpFactory'];

    /** Bodies that are larger, or whose size nobody knows, are sent piece by piece. */
    private const WHOLE = 1 << 20;

    private readonly ResponseFactoryInterface $responses;

    private readonly StreamFactoryInterface $streams;

    public function __construct(private readonly Client $client, ?ResponseFactoryInterface $responses = null, ?StreamFactoryInterface $streams = null)
    {
        $known = null;
        foreach (self::KNOWN as $class) {
            if ($known === null && ($responses === null || $streams === null) && class_exists($class)) {
                $known = new $class();
            }
        }
        $this->responses = $responses ?? $known ?? throw new LogicException('a PSR-18 client makes PSR-7 messages: composer require nyholm/psr7, or give it your factories');
        $this->streams = $streams ?? $known ?? throw new LogicException('a PSR-18 client makes PSR-7 messages: composer require nyholm/psr7, or give it your factories');
    }

    public function sendRequest(RequestInterface $request): ResponseInterface
    {
        $uri = $request->getUri();
        if ($uri->getHost() === '') {
            throw new RequestException('a request needs a whole address, ' . $uri . ' given', $request);
        }
        try {
            $answer = $this->client->request(
                $request->getMethod(),
                (string) $uri,
                headers: $request->getHeaders(),
                body: self::body($request->getBody()),
                redirects: 0,
            );
        } catch (ClientConnectException | ClientTimeoutException | ClientPoolException $e) {
            throw new NetworkException($e->getMessage(), $request, $e);
        } catch (ClientException $e) {
            throw new RequestException($e->getMessage(), $request, $e);
        }
        $response = $this->responses->createResponse($answer->status)->withProtocolVersion($answer->version);
        $headers = $answer->headers();
        if (in_array(strtolower($headers['content-encoding'][0] ?? ''), ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'], true)) {
            // They are of the body as it came; it is decoded here.
            unset($headers['content-encoding'], $headers['content-length']);
        }
        foreach ($headers as $name => $values) {
            $response = $response->withHeader((string) $name, $values);
        }
        return $response->withBody($this->streams->createStream($answer->body()));
    }

    /** @return string|\Generator<int, string>|null */
    private static function body(StreamInterface $body): string|\Generator|null
    {
        $size = $body->getSize();
        if ($size === 0) {
            return null;
        }
        if ($size !== null && $size <= self::WHOLE) {
            return (string) $body;
        }
        return self::pieces($body);
    }

    /** @return \Generator<int, string> */
    private static function pieces(StreamInterface $body): \Generator
    {
        if ($body->isSeekable()) {
            $body->rewind();
        }
        while (!$body->eof()) {
            yield $body->read(65536);
        }
    }
}
