<?php

declare(strict_types=1);

namespace HighperTest;

/** A client of HTTP/2 that sends the frames it is told to, right or wrong. Fields are written without any table. */
final class Http2Frames
{
    public const DATA = 0, HEADERS = 1, PRIORITY = 2, RST = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW = 8, CONTINUATION = 9;
    public const END = 1, ACK = 1, END_HEADERS = 4;
    public const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private string $buffer = '';

    /** @param resource $socket */
    public function __construct(public readonly mixed $socket, bool $greets = true, string $settings = '')
    {
        if ($greets) {
            $this->raw(self::PREFACE);
            $this->frame(self::SETTINGS, 0, 0, $settings);
        }
    }

    public static function to(int $port, string $settings = ''): self
    {
        $socket = stream_socket_client("tcp://127.0.0.1:{$port}", $code, $text, patience(5));
        stream_set_timeout($socket, (int) patience(5));

        return new self($socket, true, $settings);
    }

    public static function pack(int $kind, int $flags, int $stream, string $payload = ''): string
    {
        return substr(pack('N', strlen($payload)), 1) . chr($kind) . chr($flags) . pack('N', $stream) . $payload;
    }

    /** A block of fields: literals with names of their own. */
    public static function block(array $fields): string
    {
        $text = fn (string $text) => (strlen($text) < 127 ? chr(strlen($text)) : "\x7f" . self::rest(strlen($text) - 127)) . $text;
        $block = '';
        foreach ($fields as $name => $value) {
            foreach ((array) $value as $one) {
                $block .= "\0" . $text((string) $name) . $text((string) $one);
            }
        }

        return $block;
    }

    private static function rest(int $number): string
    {
        $bytes = '';
        for (; $number >= 128; $number >>= 7) {
            $bytes .= chr($number & 127 | 128);
        }

        return $bytes . chr($number);
    }

    public function raw(string $bytes): bool
    {
        return @fwrite($this->socket, $bytes) === strlen($bytes);
    }

    public function frame(int $kind, int $flags, int $stream, string $payload = ''): bool
    {
        return $this->raw(self::pack($kind, $flags, $stream, $payload));
    }

    public function request(int $stream, string $path, bool $end = true, array $more = [], string $method = 'GET'): void
    {
        $block = self::block([':method' => $method, ':scheme' => 'http', ':path' => $path, ':authority' => 'one.test'] + $more);
        $this->frame(self::HEADERS, self::END_HEADERS | ($end ? self::END : 0), $stream, $block);
    }

    /** The next frame as [kind, flags, stream, payload]; null at the end of the connection, false when nothing comes in time. */
    public function next(): array|null|false
    {
        while (strlen($this->buffer) < 9 || strlen($this->buffer) < 9 + $this->length()) {
            $piece = @fread($this->socket, 65536);
            if ($piece === '' || $piece === false) {
                return stream_get_meta_data($this->socket)['timed_out'] ? false : null;
            }
            $this->buffer .= $piece;
        }
        $length = $this->length();
        $frame = [ord($this->buffer[3]), ord($this->buffer[4]), unpack('N', $this->buffer, 5)[1], substr($this->buffer, 9, $length)];
        $this->buffer = substr($this->buffer, 9 + $length);

        return $frame;
    }

    private function length(): int
    {
        return unpack('N', "\0" . substr($this->buffer, 0, 3))[1];
    }

    /** Reads until a frame of a kind, for a stream where one is given; what the connection ended with otherwise. */
    public function until(int $kind, ?int $stream = null): array|null|false
    {
        do {
            $frame = $this->next();
        } while ($frame && ($frame[0] !== $kind || $kind === self::SETTINGS && $frame[1] & self::ACK || $stream !== null && $frame[2] !== $stream));

        return $frame;
    }

    /** The body of a stream's response; the code of its reset, or "gone: CODE" for a GOAWAY, or what else happened. */
    public function body(int $stream): string
    {
        $body = '';
        while ($frame = $this->next()) {
            if ($frame[0] === self::GOAWAY && unpack('N', $frame[3], 4)[1] !== 0) {
                return 'gone: ' . unpack('N', $frame[3], 4)[1];
            }
            if ($frame[2] !== $stream) {
                continue;
            }
            if ($frame[0] === self::RST) {
                return 'reset: ' . unpack('N', $frame[3])[1];
            }
            if ($frame[0] === self::DATA) {
                $body .= $frame[3];
            }
            if ($frame[1] & self::END && $frame[0] <= self::HEADERS) {
                return $body;
            }
        }

        return $frame === null ? 'closed' : 'nothing';
    }
}
