<?php
/**
 * As much of PSR-3, PSR-7, PSR-15 and PSR-17 as the bridges use, and messages that implement it.
 * Run by hand, the test takes the real ones (with nyholm/psr7) from the autoloader that PSR_AUTOLOAD names.
 */

namespace Psr\Log {
    interface LoggerInterface
    {
        public function emergency(string|\Stringable $message, array $context = []): void;
        public function alert(string|\Stringable $message, array $context = []): void;
        public function critical(string|\Stringable $message, array $context = []): void;
        public function error(string|\Stringable $message, array $context = []): void;
        public function warning(string|\Stringable $message, array $context = []): void;
        public function notice(string|\Stringable $message, array $context = []): void;
        public function info(string|\Stringable $message, array $context = []): void;
        public function debug(string|\Stringable $message, array $context = []): void;
        public function log($level, string|\Stringable $message, array $context = []): void;
    }
    class InvalidArgumentException extends \InvalidArgumentException
    {
    }
}

namespace Psr\Http\Message {
    interface StreamInterface
    {
        public function __toString(): string;
    }
    interface MessageInterface
    {
        public function withProtocolVersion(string $version): static;
        public function getHeaders(): array;
        public function getHeaderLine(string $name): string;
        public function withHeader(string $name, $value): static;
        public function getBody(): StreamInterface;
        public function withBody(StreamInterface $body): static;
    }
    interface ServerRequestInterface extends MessageInterface
    {
        public function getMethod(): string;
        public function getQueryParams(): array;
        public function withQueryParams(array $query): static;
        public function withCookieParams(array $cookies): static;
        public function getParsedBody();
        public function withParsedBody($data): static;
        public function withUploadedFiles(array $files): static;
        public function getAttributes(): array;
        public function getAttribute(string $name, $default = null);
        public function withAttribute(string $name, $value): static;
    }
    interface ResponseInterface extends MessageInterface
    {
        public function getStatusCode(): int;
        public function withStatus(int $code, string $reason = ''): static;
    }
    interface ServerRequestFactoryInterface
    {
        public function createServerRequest(string $method, $uri, array $server = []): ServerRequestInterface;
    }
    interface ResponseFactoryInterface
    {
        public function createResponse(int $code = 200, string $reason = ''): ResponseInterface;
    }
    interface StreamFactoryInterface
    {
        public function createStream(string $content = ''): StreamInterface;
    }
    interface UploadedFileFactoryInterface
    {
    }
}

namespace Psr\Http\Server {
    use Psr\Http\Message\{ResponseInterface, ServerRequestInterface};

    interface RequestHandlerInterface
    {
        public function handle(ServerRequestInterface $request): ResponseInterface;
    }
    interface MiddlewareInterface
    {
        public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface;
    }
}

namespace HighperTest\Psr {
    use Psr\Http\Message as M;

    final class Stream implements M\StreamInterface
    {
        public function __construct(private string $content)
        {
        }
        public function __toString(): string
        {
            return $this->content;
        }
    }
    abstract class Message implements M\MessageInterface
    {
        protected array $all = ['headers' => []];
        protected function with(string $name, mixed $value): static
        {
            $copy = clone $this;
            $copy->all[$name] = $value;
            return $copy;
        }
        public function withProtocolVersion(string $version): static
        {
            return $this->with('version', $version);
        }
        public function getHeaders(): array
        {
            return $this->all['headers'];
        }
        public function getHeaderLine(string $name): string
        {
            return implode(', ', array_change_key_case($this->all['headers'])[strtolower($name)] ?? []);
        }
        public function withHeader(string $name, $value): static
        {
            return $this->with('headers', [$name => (array) $value] + $this->all['headers']);
        }
        public function getBody(): M\StreamInterface
        {
            return $this->all['body'] ??= new Stream('');
        }
        public function withBody(M\StreamInterface $body): static
        {
            return $this->with('body', $body);
        }
    }
    final class Request extends Message implements M\ServerRequestInterface
    {
        public function __construct(private string $method)
        {
        }
        public function getMethod(): string
        {
            return $this->method;
        }
        public function getQueryParams(): array
        {
            return $this->all['query'];
        }
        public function withQueryParams(array $query): static
        {
            return $this->with('query', $query);
        }
        public function withCookieParams(array $cookies): static
        {
            return $this->with('cookies', $cookies);
        }
        public function getParsedBody()
        {
            return $this->all['parsed'] ?? null;
        }
        public function withParsedBody($data): static
        {
            return $this->with('parsed', $data);
        }
        public function withUploadedFiles(array $files): static
        {
            return $this->with('files', $files);
        }
        public function getAttributes(): array
        {
            return $this->all['attributes'] ?? [];
        }
        public function getAttribute(string $name, $default = null)
        {
            return $this->all['attributes'][$name] ?? $default;
        }
        public function withAttribute(string $name, $value): static
        {
            return $this->with('attributes', [$name => $value] + $this->getAttributes());
        }
    }
    final class Response extends Message implements M\ResponseInterface
    {
        public function __construct(private int $code)
        {
        }
        public function getStatusCode(): int
        {
            return $this->code;
        }
        public function withStatus(int $code, string $reason = ''): static
        {
            $copy = clone $this;
            $copy->code = $code;
            return $copy;
        }
    }
    final class Factory implements M\ServerRequestFactoryInterface, M\ResponseFactoryInterface, M\StreamFactoryInterface, M\UploadedFileFactoryInterface
    {
        public function createServerRequest(string $method, $uri, array $server = []): M\ServerRequestInterface
        {
            return new Request($method);
        }
        public function createResponse(int $code = 200, string $reason = ''): M\ResponseInterface
        {
            return new Response($code);
        }
        public function createStream(string $content = ''): M\StreamInterface
        {
            return new Stream($content);
        }
    }
}
