<?php
/**
 * A server and a client in one script. The server runs in this process, with
 * the extension; the client in a child, a plain PHP without extensions, over
 * stream sockets. What the client prints comes after what the server printed.
 */

/** Run `$handler` as a server with `$settings`, and `$client` against it. */
function serve(array $settings, callable $handler, callable $client, ?callable $prepare = null): void
{
    global $argv;
    if (($argv[1] ?? '') === 'client') {
        $connection = new Client((int) $argv[2]);
        try {
            $client($connection);
        } catch (Throwable $e) {
            echo 'client: ', $e->getMessage(), "\n";
        }
        $connection->shutdown();
        exit(0);
    }

    $port = (int) (getenv('DIFFERENTIAL_PORT') ?: 9599);
    $output = tmpfile();
    $process = proc_open([PHP_BINARY, '-n', '-d', 'display_errors=1', $argv[0], 'client', (string) $port],
        [0 => ['file', '/dev/null', 'r'], 1 => $output, 2 => $output], $pipes);

    $server = new Swoole\Http\Server('127.0.0.1', $port, SWOOLE_BASE);
    $server->set($settings + ['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('request', function ($request, $response) use ($server, $handler): void {
        if ($request->server['request_uri'] === '/shutdown-of-the-test') {
            $response->end();
            $server->shutdown();
            return;
        }
        $handler($request, $response, $server);
    });
    if ($prepare) {
        $prepare($server);
    }
    $server->start();
    echo "--- the client saw\n";
    rewind($output);
    echo stream_get_contents($output);
    proc_close($process);
}

/** One exchange after the other, each printed byte for byte. */
final class Client
{
    public function __construct(private int $port)
    {
        for ($try = 0; $try < 500; $try++) {
            $socket = @stream_socket_client("tcp://127.0.0.1:$port", $code, $text, 1);
            if ($socket) {
                fclose($socket);
                return;
            }
            usleep(20_000);
        }
        exit("client: no server on port $port\n");
    }

    /** A new connection. */
    public function open()
    {
        return stream_socket_client("tcp://127.0.0.1:{$this->port}", $code, $text, 5);
    }

    /** Send raw bytes on a connection of their own and return all that comes until the end, or the time-out. */
    public function raw(string $bytes, float $timeout = 0.4): string
    {
        $socket = $this->open();
        @fwrite($socket, $bytes);
        $answer = $this->read($socket, $timeout, $closed);
        fclose($socket);
        return $answer . ($closed ? '<closed>' : '<open>');
    }

    /** What comes on a connection until it is closed or silent for the time-out. */
    public function read($socket, float $timeout = 0.4, ?bool &$closed = null): string
    {
        stream_set_blocking($socket, false);
        $answer = '';
        $closed = false;
        $end = microtime(true) + $timeout;
        while (($left = $end - microtime(true)) > 0) {
            $read = [$socket];
            $none = null;
            if (!stream_select($read, $none, $none, 0, (int) ($left * 1e6))) {
                continue;
            }
            $part = @fread($socket, 65536);
            if ($part === '' || $part === false) {
                if (feof($socket) || $part === false) {
                    $closed = true;
                    break;
                }
                continue;
            }
            $answer .= $part;
            $end = microtime(true) + $timeout;
        }
        stream_set_blocking($socket, true);
        return $answer;
    }

    /** Send one request that asks to close, and return the answer. */
    public function request(string $line, array $headers = [], string $body = ''): string
    {
        $head = "$line HTTP/1.1\r\nHost: localhost\r\n";
        foreach ($headers as $header) {
            $head .= "$header\r\n";
        }
        if ($body !== '') {
            $head .= 'Content-Length: ' . strlen($body) . "\r\n";
        }
        return $this->raw("{$head}Connection: close\r\n\r\n$body", 5);
    }

    /** Print what was sent, in short, and what came back. */
    public function show(string $title, string $answer): void
    {
        $answer = preg_replace(['/^((?:Date|Last-Modified): )[A-Z][a-z]{2}, [^\r]+/mi', '/127\.0\.0\.1:' . $this->port . '/'],
            ['$1%DATE%', '127.0.0.1:%PORT%'], $answer);
        $answer = preg_replace_callback('/[^\x20-\x7e\r\n]/', fn ($m) => sprintf('\x%02x', ord($m[0])), $answer);
        echo "=== $title\n", $answer, "\n";
    }

    /** request() and show() in one. */
    public function ask(string $line, array $headers = [], string $body = ''): void
    {
        $this->show($line . ($headers ? ' (' . implode(', ', $headers) . ')' : ''), $this->request($line, $headers, $body));
    }

    /** The header lines and the body of an answer of one response; a chunked or compressed body decoded. */
    public static function split(string $answer): array
    {
        [$head, $body] = explode("\r\n\r\n", preg_replace('/<(closed|open)>$/', '', $answer), 2) + [1 => ''];
        if (preg_match('/^transfer-encoding: chunked/mi', $head)) {
            $whole = '';
            while (preg_match('/^([0-9a-f]+)\r\n/i', $body, $m) && ($n = hexdec($m[1])) > 0) {
                $whole .= substr($body, strlen($m[0]), $n);
                $body = substr($body, strlen($m[0]) + $n + 2);
            }
            $body = $whole;
        }
        return [explode("\r\n", $head), $body];
    }

    /** End the server. */
    public function shutdown(): void
    {
        $this->request('GET /shutdown-of-the-test');
    }
}
