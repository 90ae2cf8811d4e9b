--TEST--
Packets that are requests of HTTP, with open_http_protocol and onReceive: lengths, chunks, one behind the other, cut anywhere; what is refused; base and process mode
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

function talk(int $port, string $bytes, int $lines, int $step = PHP_INT_MAX): array
{
    $socket = stream_socket_client("tcp://127.0.0.1:{$port}");
    stream_set_timeout($socket, 5);
    foreach (str_split($bytes, min($step, strlen($bytes))) as $part) {
        @fwrite($socket, $part);
        $step < 100 && usleep(300);
    }
    $got = [];
    for ($i = 0; $i < $lines; $i++) {
        $got[] = trim((string) fgets($socket));
    }
    return $got;
}
$answers = fn (string ...$packets) => array_map(fn ($packet) => strlen($packet) . ':' . md5($packet), $packets);
$packets = [
    "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /b HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
    "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10;x=y\r\n0123456789abcdef\r\n0\r\nT: u\r\n\r\n",
    "HEAD /d HTTP/1.0\r\n\r\n",
    "PUT /e HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" . str_repeat('e', 60_000),
    "DELETE /f HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
];
foreach (['base' => SWOOLE_BASE, 'process' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start(<<<'PHP'
        <?php
        $server = new Swoole\Server('127.0.0.1', (int) $argv[1], (int) getenv('MODE'));
        $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR, 'open_http_protocol' => true, 'package_max_length' => 100_000]);
        $server->on('receive', function ($server, $fd, $reactor, $data) {
            if (!str_contains($data, ' /parsed')) {
                return $server->send($fd, strlen($data) . ':' . md5($data) . "\n");
            }
            $request = Swoole\Http\Request::create();
            $whole = $request->parse($data) === strlen($data);
            $response = Swoole\Http\Response::create([$server, $request], $fd);
            $response->header('X-Whole', $whole && $request->fd === $fd && $response->fd === $fd ? 'yes' : 'no');
            $response->end("{$request->getMethod()} {$request->get['n']} {$request->rawContent()}\n");
        });
        $server->start();
        PHP, environment: ['MODE' => (string) $mode]);
    $all = implode($packets);
    check("{$name}: one behind the other", talk($server->port, $all, 6), $answers(...$packets));
    check("{$name}: in pieces of 7,000", talk($server->port, $all, 6, 7000), $answers(...$packets));
    $few = array_slice($packets, 0, 4);
    check("{$name}: byte by byte", talk($server->port, implode($few), 4, 1), $answers(...$few));
    $socket = stream_socket_client("tcp://127.0.0.1:{$server->port}");
    stream_set_timeout($socket, 5);
    fwrite($socket, "POST /parsed?n=7 HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
    $parsed = [];
    do {
        $parsed[] = $line = trim((string) fgets($socket));
    } while ($line !== 'POST 7 body' && !feof($socket) && count($parsed) < 20);
    check("{$name}: a request object and its response", [$parsed[0], in_array('X-Whole: yes', $parsed, true), in_array('POST 7 body', $parsed, true)],
        ['HTTP/1.1 200 OK', true, true]);
    $head = "POST /g HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    $socket = stream_socket_client("tcp://127.0.0.1:{$server->port}");
    stream_set_timeout($socket, 5);
    fwrite($socket, $head);
    check("{$name}: 100 Continue", [fgets($socket), fgets($socket)], ["HTTP/1.1 100 Continue\r\n", "\r\n"]);
    fwrite($socket, 'ok');
    check("{$name}: and the body", trim(fgets($socket)), $answers($head . 'ok')[0]);
    check("{$name}: a length over the limit", talk($server->port, "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n", 1), ['HTTP/1.1 413 Content Too Large']);
    $chunks = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" . str_repeat("3e8\r\n" . str_repeat('x', 1000) . "\r\n", 101);
    check("{$name}: chunks over the limit", talk($server->port, $chunks, 1)[0] !== $answers($chunks)[0]);
    check("{$name}: no request", talk($server->port, "hello, world\r\n\r\n", 4), ['HTTP/1.1 400 Bad Request', 'Connection: close', 'Content-Length: 0', '']);
    check("{$name}: two lengths", talk($server->port, "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 1), ['HTTP/1.1 400 Bad Request']);
    check("{$name}: the server lives", talk($server->port, $packets[1], 1), $answers($packets[1]));
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: base: one behind the other
ok: base: in pieces of 7,000
ok: base: byte by byte
ok: base: a request object and its response
ok: base: 100 Continue
ok: base: and the body
ok: base: a length over the limit
ok: base: chunks over the limit
ok: base: no request
ok: base: two lengths
ok: base: the server lives
ok: base: exit code
ok: process: one behind the other
ok: process: in pieces of 7,000
ok: process: byte by byte
ok: process: a request object and its response
ok: process: 100 Continue
ok: process: and the body
ok: process: a length over the limit
ok: process: chunks over the limit
ok: process: no request
ok: process: two lengths
ok: process: the server lives
ok: process: exit code
