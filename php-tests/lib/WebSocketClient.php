<?php

declare(strict_types=1);

namespace HighperTest;

/** A WebSocket client (RFC 6455) that can also send what no client may: small, and independent of what is tested. */
final class WebSocketClient
{
    public const TEXT = 1;
    public const BINARY = 2;
    public const CLOSE = 8;
    public const PING = 9;
    public const PONG = 10;

    public readonly TcpClient $connection;
    public readonly HttpAnswer $answer;

    /** @param array<string, string> $headers added to those of the handshake, or instead of them */
    public function __construct(int $port, string $path = '/', array $headers = [], string $behind = '', float $timeout = 5.0)
    {
        $http = new HttpClient($port, $timeout);
        $key = base64_encode(random_bytes(16));
        $headers += [
            'Host' => "127.0.0.1:{$port}",
            'Upgrade' => 'websocket',
            'Connection' => 'Upgrade',
            'Sec-WebSocket-Key' => $key,
            'Sec-WebSocket-Version' => '13',
        ];
        $head = "GET {$path} HTTP/1.1\r\n";
        foreach ($headers as $name => $value) {
            $head .= "{$name}: {$value}\r\n";
        }
        $http->connection->send("{$head}\r\n{$behind}");
        $this->connection = $http->connection;
        $this->answer = $http->receive();
        $accept = base64_encode(sha1("{$headers['Sec-WebSocket-Key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11", true));
        if ($this->answer->status === 101 && $this->answer->header('sec-websocket-accept') !== $accept) {
            throw new \RuntimeException('a wrong Sec-WebSocket-Accept');
        }
    }

    /** A frame as bytes. */
    public static function frame(string $payload, int $opcode = self::TEXT, bool $fin = true, bool $masked = true, int $reserved = 0): string
    {
        $length = strlen($payload);
        $mask = $masked ? 0x80 : 0;
        $head = chr(($fin ? 0x80 : 0) | $reserved << 4 | $opcode);
        $head .= match (true) {
            $length < 126 => chr($mask | $length),
            $length < 65536 => chr($mask | 126) . pack('n', $length),
            default => chr($mask | 127) . pack('J', $length),
        };
        if (!$masked) {
            return $head . $payload;
        }
        $key = random_bytes(4);

        return $head . $key . ($payload ^ substr(str_repeat($key, intdiv($length, 4) + 1), 0, $length));
    }

    public function send(string $payload, int $opcode = self::TEXT, bool $fin = true, bool $masked = true, int $reserved = 0): void
    {
        $this->connection->send(self::frame($payload, $opcode, $fin, $masked, $reserved));
    }

    /**
     * The next frame: opcode, payload, and the first byte's upper half (8: the last of its message, 4: compressed).
     *
     * @return array{int, string, int}
     */
    public function frameIn(): array
    {
        [$first, $length] = array_values(unpack('C2', $this->connection->read(2)));
        if ($length & 0x80) {
            throw new \RuntimeException('a masked frame from a server');
        }
        $length = match ($length) {
            126 => unpack('n', $this->connection->read(2))[1],
            127 => unpack('J', $this->connection->read(8))[1],
            default => $length,
        };

        return [$first & 15, $length === 0 ? '' : $this->connection->read($length), $first >> 4];
    }

    /** The payload of the next frame. */
    public function receive(int $opcode = self::TEXT): string
    {
        [$got, $payload] = $this->frameIn();
        if ($got !== $opcode) {
            throw new \RuntimeException("a frame with opcode {$got}, {$opcode} was wanted: " . json_encode(substr($payload, 0, 100), JSON_INVALID_UTF8_SUBSTITUTE));
        }

        return $payload;
    }

    /** The close frame that comes next as "code reason"; then the server has to close. */
    public function receiveClose(): string
    {
        $payload = $this->receive(self::CLOSE);
        $code = strlen($payload) < 2 ? '' : (string) unpack('n', $payload)[1];

        return trim("{$code} " . substr($payload, 2)) . ($this->connection->isClosedWithin(3) ? '' : ', and the connection stays open');
    }

    public function close(): void
    {
        $this->connection->close();
    }
}
