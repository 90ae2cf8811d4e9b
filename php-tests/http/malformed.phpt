--TEST--
Requests that two servers could read differently, and heads that are too long, are refused
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($q, $r) {
        fwrite(STDERR, "reached {$q->server['request_uri']}\n");
        $r->end('reached ' . $q->server['request_uri']);
    });
    $http->start();
    PHP);
$follow = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
$cases = [
    'Content-Length and Transfer-Encoding' => [400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    'Transfer-Encoding twice' => [400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"],
    'unknown Transfer-Encoding' => [501, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    'chunked is not last' => [400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"],
    'Transfer-Encoding in HTTP/1.0' => [400, "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    'vertical tab before chunked' => [0, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"],
    'folded field' => [400, "GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n"],
    'space before the colon' => [400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello"],
    'space before the first field' => [400, "GET / HTTP/1.1\r\n Host: x\r\n\r\n"],
    'two lengths' => [400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"],
    'a list of lengths' => [400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\nhello"],
    'signed length' => [400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello"],
    'negative length' => [400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello"],
    'hexadecimal length' => [400, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello"],
    'length beyond 64 bits' => [0, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551621\r\n\r\nhello"],
    'length over the limit' => [413, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\nhello"],
    'NUL in a value' => [400, "GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n"],
    'bare CR in a value' => [400, "GET / HTTP/1.1\r\nHost: x\r\nX-A: a\rb\r\n\r\n"],
    'two hosts' => [400, "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
    'unknown version' => [505, "GET / HTTP/2.7\r\nHost: x\r\n\r\n"],
    'no version' => [400, "GET /\r\n\r\n"],
    'nonsense' => [400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
    'control byte in the target' => [400, "GET /a\x01b HTTP/1.1\r\nHost: x\r\n\r\n"],
    'bad chunk size' => [400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\nhello\r\n0\r\n\r\n"],
    'chunk longer than it says' => [400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"],
    'chunk size beyond 64 bits' => [0, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"],
    'line feed alone after a chunk' => [400, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n"],
    'oversized field' => [431, "GET / HTTP/1.1\r\nHost: x\r\nX-A: " . str_repeat('a', 200_000) . "\r\n\r\n"],
    'too many fields' => [431, "GET / HTTP/1.1\r\nHost: x\r\n" . str_repeat("X-A: b\r\n", 5000) . "\r\n"],
    'oversized target' => [414, 'GET /' . str_repeat('a', 200_000) . " HTTP/1.1\r\nHost: x\r\n\r\n"],
];
foreach ($cases as $name => [$status, $bytes]) {
    $raw = $server->connect();
    try {
        $raw->send($bytes . $follow);
    } catch (RuntimeException) {
    }
    $all = $raw->readAll();
    $got = (int) substr($all, 9, 3);
    $refused = $status === 0 ? $got >= 400 : $got === $status;
    check("{$name}: " . ($status ?: 'refused'), $refused && preg_match_all('~^HTTP/1.1 \d~m', $all) === 1 && !str_contains($all, 'reached') ?: substr($all, 0, 200));
}
// As in Swoole a Host may be missing; an application of Highper demands one (RFC 9112, section 3.2).
$raw = $server->connect();
$raw->send("GET /hostless HTTP/1.1\r\nConnection: close\r\n\r\n");
check('no host', str_contains($raw->readAll(), 'reached /hostless'));
// A line feed alone ends a line for some servers: it may be accepted or refused, but read in one way only.
$raw = $server->connect();
$raw->send("POST /lf HTTP/1.1\nHost: x\nContent-Length: 5\n\nhello" . $follow);
$raw->shutdownWrite();
$all = $raw->readAll();
check('bare line feeds', (int) substr($all, 9, 3) === 400 || substr_count($all, 'reached') === 2);
check('refused requests reach no handler', preg_match_all('~^reached (?!/lf|/smuggled|/hostless)~m', $server->log()), 0);
check('the server goes on', $server->get('/on')->body, 'reached /on');
check('exit code', $server->stop(), 0);
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){34}ok: exit code\s*\Z
