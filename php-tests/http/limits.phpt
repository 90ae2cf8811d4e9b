--TEST--
The limits of requests, each at its edge: what just fits is answered, one more is refused with its own status, in both faces
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Server, TcpClient};

$servers = ['Swoole' => Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('request', fn ($request, $response) => $response->end(strlen((string) $request->rawContent()) . ' ' . count($request->post ?? [])));
    $server->start();
    PHP), 'Highper' => Server::start(<<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)
        ->map(['GET', 'POST'], '/', fn () => 'here')
        ->run([$argv[0], '--workers', '1']));
    PHP)];
$fields = fn (int $count): string => implode('', array_map(fn ($n) => "X-{$n}: {$n}\r\n", range(1, $count)));
$chunked = fn (string $body): string => "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{$body}";
$form = function (int $parts, int $head = 0): string {
    $body = '';
    for ($n = 1; $n <= $parts; $n++) {
        $line = "Content-Disposition: form-data; name=\"f{$n}\"";
        $more = $head > 0 ? "\r\nX-Long: " . str_repeat('x', $head - strlen($line) - 12) : '';
        $body .= "--b\r\n{$line}{$more}\r\n\r\nv\r\n";
    }
    $body .= "--b--\r\n";
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " . strlen($body) . "\r\nConnection: close\r\n\r\n{$body}";
};
$body = fn (int $length): string => "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {$length}\r\nConnection: close\r\n\r\n" . str_repeat('b', $length);
$head = fn (int $length): string => ($begin = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: ") . str_repeat('h', $length - strlen($begin) - 4) . "\r\n\r\n";
$target = fn (int $length): string => 'GET /?' . str_repeat('t', $length - 2) . " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
// Limits of each face: bytes of a head, fields.
$limits = ['Swoole' => [64_000, 128], 'Highper' => [8192, 100]];
$cases = fn (int $bytes, int $count): array => [
    'bytes of a head' => [$head($bytes), $head($bytes + 1), 431],
    'header fields' => ["GET / HTTP/1.1\r\n" . $fields($count - 2) . "Host: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.1\r\n" . $fields($count - 1) . "Host: x\r\nConnection: close\r\n\r\n", 431],
    'target' => [$target($bytes - 100), $target($bytes + 1), 414],
    'body' => [$body(2 << 20), $body((2 << 20) + 1), 413],
    'extensions of chunks' => [$chunked('1;' . str_repeat('e', 1000) . "\r\nx\r\n0\r\n\r\n"), $chunked('1;' . str_repeat('e', 1100) . "\r\nx\r\n0\r\n\r\n"), 400],
    'trailer fields' => [$chunked("1\r\nx\r\n0\r\n" . $fields($count) . "\r\n"), $chunked("1\r\nx\r\n0\r\n" . $fields($count + 1) . "\r\n"), 431],
    'bytes of trailers' => [$chunked("1\r\nx\r\n0\r\nT: " . str_repeat('t', 4000) . "\r\n\r\n"), $chunked("1\r\nx\r\n0\r\nT: " . str_repeat('t', 4096) . "\r\n\r\n"), 431],
    'parts of a form' => [$form(1000), $form(1001), 413],
    'header of a part' => [$form(1, 8000), $form(1, 8193), 431],
];
foreach ($servers as $face => $server) {
    $status = function (string $request) use ($server): int {
        $client = new TcpClient($server->port, 20.0);
        try {
            $client->send($request);
        } catch (RuntimeException) {
            // It was refused before all of it was sent.
        }
        return (int) substr($client->readLine(), 9, 3);
    };
    foreach ($cases(...$limits[$face]) as $what => [$fits, $exceeds, $refused]) {
        check("{$face}: {$what}", [$status($fits), $status($exceeds)], [200, $refused]);
    }
    check("{$face}: ends", $server->stop(), 0);
}
?>
--EXPECT--
ok: Swoole: bytes of a head
ok: Swoole: header fields
ok: Swoole: target
ok: Swoole: body
ok: Swoole: extensions of chunks
ok: Swoole: trailer fields
ok: Swoole: bytes of trailers
ok: Swoole: parts of a form
ok: Swoole: header of a part
ok: Swoole: ends
ok: Highper: bytes of a head
ok: Highper: header fields
ok: Highper: target
ok: Highper: body
ok: Highper: extensions of chunks
ok: Highper: trailer fields
ok: Highper: bytes of trailers
ok: Highper: parts of a form
ok: Highper: header of a part
ok: Highper: ends
