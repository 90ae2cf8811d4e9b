<?php

declare(strict_types=1);

// Servers of raw bytes for the tests of Highper\Http\Client, in coroutines of the test's scope.

use function Highper\async;

/** Each connection is given to $each, with its number from 1. The port. */
function serve(callable $each): int
{
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $number = 0;
    async(function () use ($listener, $each, &$number) {
        while ($peer = @stream_socket_accept($listener, 60)) {
            stream_set_timeout($peer, 10);
            $own = ++$number;
            async(function () use ($peer, $each, $own) {
                $each($peer, $own);
                is_resource($peer) && fclose($peer);
            });
        }
    });
    return (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
}

/** Reads one request: its first line, its headers by names in lower case, its body. Null at the end. */
function request($peer): ?array
{
    $line = @fgets($peer);
    if ($line === false || $line === '') {
        return null;
    }
    $headers = [];
    while (($field = rtrim((string) @fgets($peer), "\r\n")) !== '') {
        [$name, $value] = explode(':', "{$field}:", 2);
        $headers[strtolower($name)] = trim($value, " :");
    }
    $body = '';
    if (isset($headers['content-length'])) {
        while (strlen($body) < $headers['content-length'] && ($more = @fread($peer, min(65536, $headers['content-length'] - strlen($body)))) !== '' && $more !== false) {
            $body .= $more;
        }
    } elseif (($headers['transfer-encoding'] ?? '') === 'chunked') {
        while ($size = hexdec(trim((string) @fgets($peer)))) {
            for ($chunk = ''; strlen($chunk) < $size && !feof($peer); $chunk .= (string) @fread($peer, $size - strlen($chunk))) {
            }
            $body .= $chunk;
            @fgets($peer);
        }
        @fgets($peer);
    }
    return ['line' => rtrim($line), 'headers' => $headers, 'body' => $body];
}

/** An answer with a length. */
function answer(string $body = '', string $status = '200 OK', array $headers = []): string
{
    $lines = '';
    foreach ($headers as $name => $value) {
        $lines .= "{$name}: {$value}\r\n";
    }
    return "HTTP/1.1 {$status}\r\nContent-Length: " . strlen($body) . "\r\n{$lines}\r\n{$body}";
}

/** Answers each request of each connection with what $answer returns for it; null closes the connection, a list does so after its bytes. */
function answering(callable $answer): int
{
    return serve(function ($peer, int $number) use ($answer) {
        while ($request = request($peer)) {
            $bytes = $answer($request, $number);
            if ($bytes === null) {
                return;
            }
            @fwrite($peer, is_array($bytes) ? $bytes[0] : $bytes);
            if (is_array($bytes)) {
                return;
            }
        }
    });
}

/** The class of what $do throws, without its namespace. */
function fails(callable $do, ?string &$message = null): string
{
    try {
        $do();
        return 'nothing';
    } catch (Throwable $e) {
        $message = $e->getMessage();
        return substr(strrchr('\\' . $e::class, '\\'), 1);
    }
}
