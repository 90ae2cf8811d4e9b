<?php

declare(strict_types=1);

namespace HighperTest;

/** An HTTP/1.1 client on one connection: strict, small, and independent of what is tested. */
final class HttpClient
{
    public readonly TcpClient $connection;

    public function __construct(private readonly int $port, float $timeout = 5.0)
    {
        $this->connection = new TcpClient($port, $timeout);
    }

    /** @param array<string, string> $headers */
    public function request(string $method, string $path, string $body = '', array $headers = []): HttpAnswer
    {
        $this->send($method, $path, $body, $headers);

        return $this->receive($method);
    }

    /**
     * Sends a request and does not wait for its answer (pipelining).
     *
     * @param array<string, string> $headers
     */
    public function send(string $method, string $path, string $body = '', array $headers = []): void
    {
        $given = array_change_key_case($headers);
        $head = "{$method} {$path} HTTP/1.1\r\n";
        if (!isset($given['host'])) {
            $head .= "Host: 127.0.0.1:{$this->port}\r\n";
        }
        if ($body !== '' && !isset($given['content-length']) && !isset($given['transfer-encoding'])) {
            $head .= 'Content-Length: ' . strlen($body) . "\r\n";
        }
        foreach ($headers as $name => $value) {
            $head .= "{$name}: {$value}\r\n";
        }
        $this->connection->send("{$head}\r\n{$body}");
    }

    /** The next final answer; informational ones (100, 103) are passed over. */
    public function receive(string $method = 'GET'): HttpAnswer
    {
        do {
            $answer = $this->receiveAny($method);
        } while ($answer->status >= 100 && $answer->status < 200 && $answer->status !== 101);

        return $answer;
    }

    /** The next answer, informational or final. */
    public function receiveAny(string $method = 'GET'): HttpAnswer
    {
        $line = $this->connection->readLine();
        if (preg_match('~\A(HTTP/1\.[01]) (\d{3})(?: (.*))?\z~', $line, $parts) !== 1) {
            throw new \RuntimeException('not a status line: ' . json_encode($line));
        }
        $status = (int) $parts[2];
        $fields = $this->fields();
        $trailers = [];
        $lengths = $this->values($fields, 'content-length');
        if ($method === 'HEAD' || $status < 200 || $status === 204 || $status === 304) {
            $body = '';
        } elseif (in_array('chunked', array_map(strtolower(...), $this->values($fields, 'transfer-encoding')), true)) {
            [$body, $trailers] = $this->chunks();
        } elseif ($lengths !== []) {
            if (count($lengths) !== 1 || !ctype_digit($lengths[0])) {
                throw new \RuntimeException('a bad Content-Length: ' . implode(', ', $lengths));
            }
            $body = $this->connection->read((int) $lengths[0]);
        } else {
            $body = $this->connection->readAll();
        }

        return new HttpAnswer($parts[1], $status, $parts[3] ?? '', $fields, $body, $trailers);
    }

    public function close(): void
    {
        $this->connection->close();
    }

    /** @return list<array{string, string}> */
    private function fields(): array
    {
        $fields = [];
        while (($line = $this->connection->readLine()) !== '') {
            if (preg_match('~\A([!#$%&\'*+.^_`|\~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*\z~s', $line, $parts) !== 1) {
                throw new \RuntimeException('not a header field: ' . json_encode($line));
            }
            $fields[] = [$parts[1], $parts[2]];
        }

        return $fields;
    }

    /** @return array{string, list<array{string, string}>} */
    private function chunks(): array
    {
        $body = '';
        while (true) {
            $line = $this->connection->readLine();
            if (preg_match('/\A([0-9A-Fa-f]+)(?:;.*)?\z/', $line, $parts) !== 1) {
                throw new \RuntimeException('not a chunk size: ' . json_encode($line));
            }
            $size = (int) hexdec($parts[1]);
            if ($size === 0) {
                return [$body, $this->fields()];
            }
            $body .= $this->connection->read($size);
            if ($this->connection->read(2) !== "\r\n") {
                throw new \RuntimeException('a chunk without its end');
            }
        }
    }

    /**
     * @param list<array{string, string}> $fields
     * @return list<string>
     */
    private function values(array $fields, string $name): array
    {
        $values = [];
        foreach ($fields as [$field, $value]) {
            if (strcasecmp($field, $name) === 0) {
                $values[] = $value;
            }
        }

        return $values;
    }
}
