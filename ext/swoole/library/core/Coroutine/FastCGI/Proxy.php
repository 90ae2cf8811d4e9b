<?php

declare(strict_types=1);

namespace Swoole\Coroutine\FastCGI;

use Swoole\FastCGI\HttpRequest;
use Swoole\FastCGI\HttpResponse;
use Swoole\Http\Request;
use Swoole\Http\Response;
use Swoole\Http\Status;

/** Passes requests of an HTTP server on to a FastCGI application, and sends files that are no scripts. */
class Proxy
{
    /** @var string */
    protected $host;

    /** @var int */
    protected $port;

    /** @var float seconds */
    protected $timeout = -1;

    /** @var string */
    protected $documentRoot;

    /** @var bool */
    protected $https = false;

    /** @var string the script of a path that names none; empty: no one */
    protected $index = 'index.php';

    /** @var array<string, string> */
    protected $params = [];

    /** @var callable|null true when it has answered */
    protected $staticFileFilter;

    public function __construct(string $url, string $documentRoot = '/')
    {
        [$this->host, $this->port] = Client::parseUrl($url);
        $this->documentRoot = $documentRoot;
        $this->staticFileFilter = [$this, 'staticFileFiltrate'];
    }

    public function withTimeout(float $timeout): self
    {
        $this->timeout = $timeout;
        return $this;
    }

    public function withHttps(bool $https): self
    {
        $this->https = $https;
        return $this;
    }

    public function withIndex(string $index): self
    {
        $this->index = $index;
        return $this;
    }

    public function getParam(string $name): ?string
    {
        return $this->params[$name] ?? null;
    }

    public function withParam(string $name, string $value): self
    {
        $this->params[$name] = $value;
        return $this;
    }

    public function withoutParam(string $name): self
    {
        unset($this->params[$name]);
        return $this;
    }

    public function getParams(): array
    {
        return $this->params;
    }

    public function withParams(array $params): self
    {
        $this->params = $params;
        return $this;
    }

    public function withAddedParams(array $params): self
    {
        $this->params = $params + $this->params;
        return $this;
    }

    public function withStaticFileFilter(?callable $filter): self
    {
        $this->staticFileFilter = $filter;
        return $this;
    }

    public function translateRequest(Request $userRequest): HttpRequest
    {
        $server = $userRequest->server;
        $headers = $userRequest->header ?? [];
        $path = '/' . \ltrim($server['path_info'], '/');
        if ($this->index !== '' && \pathinfo($path, \PATHINFO_EXTENSION) === '') {
            $path = \rtrim($path, '/') . "/{$this->index}";
        }
        $uri = $server['request_uri'];
        $query = $server['query_string'] ?? '';
        $request = (new HttpRequest())
            ->withDocumentRoot($this->documentRoot)
            ->withScriptFilename($this->documentRoot . $path)
            ->withScriptName($uri)
            ->withDocumentUri($uri)
            ->withServerProtocol($server['server_protocol'])
            ->withServerAddr('127.0.0.1')
            ->withServerPort($server['server_port'])
            ->withRemoteAddr($server['remote_addr'])
            ->withRemotePort($server['remote_port'])
            ->withMethod($server['request_method'])
            ->withRequestUri($query === '' ? $uri : "{$uri}?{$query}")
            ->withQueryString($query)
            ->withContentType($headers['content-type'] ?? '')
            ->withHeaders($headers)
            ->withBody($userRequest->rawContent() ?: '');
        $request->withAddedParams($this->params);
        return $this->https ? $request->withParam('HTTPS', '1') : $request;
    }

    public function translateResponse(HttpResponse $response, Response $userResponse): void
    {
        $userResponse->status($response->getStatusCode(), $response->getReasonPhrase());
        foreach ($response->getHeaders() as $name => $value) {
            // The length is that of what is sent.
            if (\strcasecmp($name, 'content-length') !== 0) {
                $userResponse->header($name, $value, false);
            }
        }
        if ($response->getSetCookieHeaderLines() !== []) {
            $userResponse->header('Set-Cookie', $response->getSetCookieHeaderLines());
        }
        $userResponse->end($response->getBody());
    }

    public function pass(Request|HttpRequest $userRequest, Response $userResponse): void
    {
        $request = $userRequest instanceof HttpRequest ? $userRequest : $this->translateRequest($userRequest);
        unset($userRequest);
        if ($this->staticFileFilter && ($this->staticFileFilter)($request, $userResponse)) {
            return;
        }
        $response = (new Client($this->host, $this->port))->execute($request, $this->timeout);
        $this->translateResponse($response, $userResponse);
    }

    /** Sends a file below the root that is no PHP; true when it has answered. */
    public function staticFileFiltrate(HttpRequest $request, Response $userResponse): bool
    {
        $file = $request->getScriptFilename();
        if (\pathinfo($file, \PATHINFO_EXTENSION) === 'php') {
            return false;
        }
        $path = \realpath($file);
        if ($path && $this->isBelowRoot($path) && \is_file($path)) {
            $userResponse->sendfile($path);
        } else {
            $userResponse->status(Status::NOT_FOUND);
            $userResponse->end();
        }
        return true;
    }

    private function isBelowRoot(string $path): bool
    {
        $root = \realpath($this->documentRoot);
        return $root !== false && \str_starts_with($path, \rtrim($root, '/') . '/');
    }
}

if (\SWOOLE_USE_SHORTNAME) {
    \class_alias(Proxy::class, 'Co\FastCGI\Proxy');
}
