<?php

declare(strict_types=1);

namespace HighperTest;

/** A TCP connection whose every wait has an end: a read that takes longer than the time-out is an exception. */
final class TcpClient
{
    /** @var resource|null */
    private $socket;
    private string $buffer = '';
    /** What a test keeps with it. */
    public string $head = '';

    public function __construct(int $port, private float $timeout = 5.0, string $host = '127.0.0.1')
    {
        $timeout = $this->timeout = patience($timeout);
        $socket = @stream_socket_client("tcp://{$host}:{$port}", $code, $message, $timeout);
        if ($socket === false) {
            throw new \RuntimeException("cannot connect to {$host}:{$port}: {$message}");
        }
        stream_set_blocking($socket, false);
        stream_set_read_buffer($socket, 0);
        stream_set_write_buffer($socket, 0);
        $this->socket = $socket;
    }

    /** Sends all of it; throws where the peer takes nothing for the time-out. */
    public function send(string $bytes): void
    {
        $end = microtime(true) + $this->timeout;
        while ($bytes !== '') {
            $sent = @fwrite($this->socket, $bytes);
            if ($sent === false) {
                throw new \RuntimeException('the peer closed the connection while we sent');
            }
            if ($sent > 0) {
                $bytes = substr($bytes, $sent);
                $end = microtime(true) + $this->timeout;
                continue;
            }
            $this->wait(write: true, until: $end);
        }
    }

    /** Sends as much as is taken without waiting, and says how many bytes that was. */
    public function sendSome(string $bytes): int
    {
        return (int) @fwrite($this->socket, $bytes);
    }

    /** The next `$length` bytes. */
    public function read(int $length): string
    {
        while (strlen($this->buffer) < $length) {
            if (!$this->fill()) {
                throw new \RuntimeException("the peer closed after {$this->shown()}, {$length} bytes were wanted");
            }
        }

        return $this->take($length);
    }

    /** Everything up to and with `$end`. */
    public function readUntil(string $end): string
    {
        while (($at = strpos($this->buffer, $end)) === false) {
            if (!$this->fill()) {
                throw new \RuntimeException('the peer closed after ' . $this->shown() . ' without ' . json_encode($end));
            }
        }

        return $this->take($at + strlen($end));
    }

    /** A line without its end. */
    public function readLine(): string
    {
        return rtrim($this->readUntil("\n"), "\r\n");
    }

    /** Everything until the peer closes. */
    public function readAll(): string
    {
        while ($this->fill()) {
        }

        return $this->take(strlen($this->buffer));
    }

    /** What has come by now, waiting for at most `$seconds` for the first byte. */
    public function readSome(float $seconds = 0.0): string
    {
        if ($this->buffer === '') {
            try {
                $this->fill(microtime(true) + $seconds);
            } catch (\RuntimeException) {
                return '';
            }
        }

        return $this->take(strlen($this->buffer));
    }

    /** Whether the peer closes within `$seconds` without sending anything more. */
    public function isClosedWithin(float $seconds): bool
    {
        try {
            return $this->buffer === '' && !$this->fill(microtime(true) + $seconds);
        } catch (\RuntimeException) {
            return false;
        }
    }

    /** Says that we send no more (half-close). */
    public function shutdownWrite(): void
    {
        stream_socket_shutdown($this->socket, STREAM_SHUT_WR);
    }

    /** Closes with a reset instead of a proper end; needs ext-sockets. */
    public function reset(): void
    {
        socket_set_option(socket_import_stream($this->socket), SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 0]);
        $this->close();
    }

    public function close(): void
    {
        if ($this->socket !== null) {
            fclose($this->socket);
            $this->socket = null;
        }
    }

    private function take(int $length): string
    {
        $taken = substr($this->buffer, 0, $length);
        $this->buffer = substr($this->buffer, $length);

        return $taken;
    }

    /** Reads something into the buffer; false at the peer's end. */
    private function fill(?float $until = null): bool
    {
        if ($this->socket === null) {
            return false;
        }
        $until ??= microtime(true) + $this->timeout;
        while (true) {
            $bytes = @fread($this->socket, 65536);
            if ($bytes !== false && $bytes !== '') {
                $this->buffer .= $bytes;

                return true;
            }
            if ($bytes === false || feof($this->socket)) {
                return false;
            }
            $this->wait(write: false, until: $until);
        }
    }

    private function wait(bool $write, float $until): void
    {
        $left = $until - microtime(true);
        $read = $write ? [] : [$this->socket];
        $writable = $write ? [$this->socket] : [];
        $except = null;
        if ($left < 0 || @stream_select($read, $writable, $except, (int) $left, (int) (fmod($left, 1) * 1e6)) === 0) {
            throw new \RuntimeException(
                ($write ? 'the peer takes nothing' : 'the peer sends nothing') . ' for ' . $this->timeout . ' s, after ' . $this->shown(),
            );
        }
    }

    private function shown(): string
    {
        return strlen($this->buffer) . ' bytes ' . json_encode(substr($this->buffer, 0, 300), JSON_INVALID_UTF8_SUBSTITUTE);
    }
}
