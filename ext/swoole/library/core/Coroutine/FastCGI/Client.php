<?php

declare(strict_types=1);

namespace Swoole\Coroutine\FastCGI;

use Swoole\Coroutine\FastCGI\Client\Exception;
use Swoole\Coroutine\Socket;
use Swoole\FastCGI\FrameParser;
use Swoole\FastCGI\HttpRequest;
use Swoole\FastCGI\HttpResponse;
use Swoole\FastCGI\Record\EndRequest;
use Swoole\FastCGI\Request;
use Swoole\FastCGI\Response;

/** A client of a FastCGI application, such as php-fpm. */
class Client
{
    /** The family of the address. */
    protected int $af;

    protected string $host;

    protected int $port;

    protected bool $ssl;

    protected ?Socket $socket;

    /** @param string $host an address, or `unix:/` and a path */
    public function __construct(string $host, int $port = 0, bool $ssl = false)
    {
        $this->af = \str_contains($host, ':') ? \AF_INET6 : \AF_INET;
        if (\strncasecmp($host, 'unix:/', 6) === 0) {
            $this->af = \AF_UNIX;
            $host = '/' . \ltrim(\substr($host, 6), '/');
            $port = 0;
        }
        $this->host = $host;
        $this->port = $port;
        $this->ssl = $ssl;
    }

    /**
     * @param float $timeout seconds for the connection and for each packet; -1: the default
     * @return Response of an HttpRequest an HttpResponse
     * @throws Exception
     */
    public function execute(Request $request, float $timeout = -1): Response
    {
        $socket = $this->socket ??= $this->connect($timeout);
        $bytes = (string) $request;
        if ($socket->sendAll($bytes) !== \strlen($bytes)) {
            $this->ioException();
        }
        $records = [];
        do {
            $packet = $socket->recvPacket($timeout);
            if (!$packet) {
                $this->ioException($packet === '' ? \SOCKET_ECONNRESET : null);
            }
            if (!FrameParser::hasFrame($packet)) {
                $this->ioException(\SOCKET_EPROTO);
            }
            while ($packet !== '') {
                $records[] = $record = FrameParser::parseFrame($packet);
            }
        } while (!$record instanceof EndRequest);
        if (!$request->getKeepConn()) {
            $socket->close();
            $this->socket = null;
        }
        return $request instanceof HttpRequest ? new HttpResponse($records) : new Response($records);
    }

    /**
     * Host and port of `127.0.0.1:9000`, `tcp://127.0.0.1:9000`, `unix:/path` or a path.
     *
     * @return array{string, int}
     */
    public static function parseUrl(string $url): array
    {
        if (\strncasecmp($url, 'unix:', 5) === 0) {
            // With however many slashes: it is a path from the root.
            return ['unix://' . \ltrim(\substr($url, 5), '/'), 0];
        }
        $parts = \parse_url($url) ?: [];
        if (!empty($parts['host'])) {
            return [$parts['host'], $parts['port'] ?? 0];
        }
        if (empty($parts['path'])) {
            throw new \InvalidArgumentException('Invalid url');
        }
        return ["unix:/{$parts['path']}", $parts['port'] ?? 0];
    }

    /**
     * Runs a script, and returns its output.
     *
     * @param string $path of the script, with or without a query
     * @param string|array $data the body; with it the method is POST
     */
    public static function call(string $url, string $path, $data = '', float $timeout = -1): string
    {
        $client = new self(...static::parseUrl($url));
        $parts = \parse_url($path) ?: [];
        $file = $parts['path'] ?? '';
        $query = $parts['query'] ?? '';
        $name = '/' . \basename($file);
        $request = (new HttpRequest())
            ->withDocumentRoot(\dirname($file))
            ->withScriptFilename($file)
            ->withScriptName($name)
            ->withDocumentUri($name)
            ->withRequestUri($query === '' ? $name : "{$name}?{$query}")
            ->withQueryString($query)
            ->withBody($data);
        $request->withMethod($request->getContentLength() === 0 ? 'GET' : 'POST');
        return $client->execute($request, $timeout)->getBody();
    }

    /** @throws Exception always; of this error, or of the socket's last one */
    protected function ioException(?int $errno = null): void
    {
        [$socket, $this->socket] = [$this->socket, null];
        if ($errno !== null) {
            $socket->errCode = $errno;
            $socket->errMsg = \swoole_strerror($errno);
        }
        $error = new Exception($socket->errMsg, $socket->errCode);
        $socket->close();
        throw $error;
    }

    private function connect(float $timeout): Socket
    {
        $this->socket = new Socket($this->af, \SOCK_STREAM, 0);
        $this->socket->setProtocol(['open_ssl' => $this->ssl, 'open_fastcgi_protocol' => true]);
        if (!$this->socket->connect($this->host, $this->port, $timeout)) {
            $this->ioException();
        }
        return $this->socket;
    }
}

if (\SWOOLE_USE_SHORTNAME) {
    \class_alias(Client::class, 'Co\FastCGI\Client');
}
