<?php

declare(strict_types=1);

namespace Highper\Testing;

use PHPUnit\Framework\Assert;

/** A WebSocket client of a test: what it sends and receives, with assertions of PHPUnit. */
final class TestSocket
{
    private const TEXT = 1;
    private const BINARY = 2;
    private const CLOSE = 8;
    private const PING = 9;
    private const PONG = 10;

    /** The status of the handshake: 101, where there is a connection. */
    public readonly int $status;

    /** @var array<string, string> Headers of the handshake's answer, by their names in lower case. */
    public readonly array $headers;

    /**
     * @param resource $stream
     * @param array<string, string> $headers
     */
    public function __construct(private $stream, private readonly string $uri, array $headers)
    {
        $key = base64_encode(random_bytes(16));
        $headers += ['Host' => 'localhost', 'Upgrade' => 'websocket', 'Connection' => 'Upgrade', 'Sec-WebSocket-Version' => '13', 'Sec-WebSocket-Key' => $key];
        $head = "GET {$uri} HTTP/1.1\r\n";
        foreach ($headers as $name => $value) {
            $head .= "{$name}: {$value}\r\n";
        }
        fwrite($stream, "{$head}\r\n");
        $lines = [];
        while (($line = fgets($stream)) !== false && rtrim($line) !== '') {
            $lines[] = rtrim($line);
        }
        $this->status = (int) (explode(' ', $lines[0] ?? '')[1] ?? 0);
        $answer = [];
        foreach (array_slice($lines, 1) as $line) {
            [$name, $value] = explode(':', $line, 2);
            $answer[strtolower($name)] = trim($value);
        }
        $this->headers = $answer;
    }

    public function assertStatus(int $status): static
    {
        Assert::assertSame($status, $this->status, "{$this->uri} was answered with {$this->status}.");
        return $this;
    }

    public function send(string $text): static
    {
        return $this->write(self::TEXT, $text);
    }

    public function sendBinary(string $data): static
    {
        return $this->write(self::BINARY, $data);
    }

    public function sendJson(mixed $value): static
    {
        return $this->send(json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
    }

    /** The next message, text or binary; a test waits for it for so many seconds. */
    public function receive(float $seconds = 2.0): string
    {
        [$opcode, $payload] = $this->frame($seconds);
        if ($opcode === self::CLOSE) {
            Assert::fail("{$this->uri} was closed with {$this->said($payload)} where a message was wanted.");
        }
        return $payload;
    }

    /** The next message, which is JSON: objects become arrays. */
    public function receiveJson(float $seconds = 2.0): mixed
    {
        return json_decode($this->receive($seconds), true, 512, JSON_THROW_ON_ERROR);
    }

    public function assertReceived(string $text, float $seconds = 2.0): static
    {
        Assert::assertSame($text, $this->receive($seconds));
        return $this;
    }

    public function assertReceivedJson(mixed $value, float $seconds = 2.0): static
    {
        Assert::assertSame($value, $this->receiveJson($seconds));
        return $this;
    }

    /** Nothing comes for so many seconds. */
    public function assertNothingReceived(float $seconds = 0.05): static
    {
        stream_set_timeout($this->stream, 0, (int) ($seconds * 1e6));
        $byte = fread($this->stream, 1);
        Assert::assertSame('', (string) $byte, "{$this->uri} has sent something.");
        return $this;
    }

    /** The server has closed, with this code. */
    public function assertClosed(int $code = 1000, ?string $reason = null, float $seconds = 2.0): static
    {
        [$opcode, $payload] = $this->frame($seconds);
        Assert::assertSame(self::CLOSE, $opcode, "{$this->uri} has sent '{$payload}' where it was to be closed.");
        Assert::assertSame($code, strlen($payload) < 2 ? 1005 : unpack('n', $payload)[1], "{$this->uri} was closed with {$this->said($payload)}.");
        if ($reason !== null) {
            Assert::assertSame($reason, substr($payload, 2));
        }
        return $this;
    }

    public function close(int $code = 1000, string $reason = ''): void
    {
        $this->write(self::CLOSE, pack('n', $code) . $reason);
        fclose($this->stream);
    }

    private function write(int $opcode, string $payload): static
    {
        $length = strlen($payload);
        $head = chr(0x80 | $opcode) . match (true) {
            $length < 126 => chr(0x80 | $length),
            $length < 65536 => chr(0x80 | 126) . pack('n', $length),
            default => chr(0x80 | 127) . pack('J', $length),
        };
        $key = random_bytes(4);
        fwrite($this->stream, $head . $key . ($payload ^ substr(str_repeat($key, intdiv($length, 4) + 1), 0, $length)));
        return $this;
    }

    /** @return array{int, string} */
    private function frame(float $seconds): array
    {
        stream_set_timeout($this->stream, (int) $seconds, (int) (fmod($seconds, 1.0) * 1e6));
        while (true) {
            [$first, $length] = array_values(unpack('C2', $this->read(2)));
            $length = match ($length) {
                126 => unpack('n', $this->read(2))[1],
                127 => unpack('J', $this->read(8))[1],
                default => $length,
            };
            $payload = $length === 0 ? '' : $this->read($length);
            match ($first & 15) {
                self::PING => $this->write(self::PONG, $payload),
                self::PONG => null,
                default => $found = [$first & 15, $payload],
            };
            if (isset($found)) {
                return $found;
            }
        }
    }

    private function read(int $length): string
    {
        $bytes = '';
        while (strlen($bytes) < $length) {
            $more = fread($this->stream, $length - strlen($bytes));
            if ($more === '' || $more === false) {
                $why = feof($this->stream) ? 'has ended the connection' : 'has sent nothing in time';
                Assert::fail("{$this->uri} {$why}.");
            }
            $bytes .= $more;
        }
        return $bytes;
    }

    private function said(string $payload): string
    {
        return strlen($payload) < 2 ? 'no code' : trim(unpack('n', $payload)[1] . ' ' . substr($payload, 2));
    }
}
