--TEST--
Connections: keep-alive, pipelining, 100-continue, half-closed and slow clients, clients that never read
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'package_max_length' => 4 << 20]);
    $channel = null;
    $http->on('request', function ($q, $r) use (&$channel) {
        $n = $q->get['n'] ?? '';
        switch ($q->server['path_info']) {
            case '/sleep': Co::sleep(($n % 3) / 200); $r->end("slept {$n}"); break;
            case '/big': $r->end(str_repeat('x', 50 << 20)); break;
            case '/stream':
                for ($i = 0; $i < 800; $i++) { if (!$r->write(str_repeat('y', 65536))) { break; } }
                fwrite(STDERR, "stream over\n"); @$r->end(); break;
            case '/wait': $channel = new Co\Channel(1); $r->write('before '); $channel->pop(5); $r->write('after'); $r->end(); break;
            case '/push': $channel->push(1); $r->end('pushed'); break;
            case '/memory': $r->end((string) (memory_get_usage(true) >> 20)); break;
            default: $r->end("at once {$n} " . strlen($q->rawContent()));
        }
    });
    $http->start();
    PHP);
$c = new HttpClient($server->port);
foreach (['/' => 'at once %d 0', '/sleep' => 'slept %d'] as $path => $format) {
    $all = $wanted = [];
    $text = '';
    for ($i = 0; $i < 16; $i++) {
        $text .= "GET {$path}?n={$i} HTTP/1.1\r\nHost: x\r\n\r\n";
        $wanted[] = sprintf($format, $i);
    }
    $c->connection->send($text);
    for ($i = 0; $i < 16; $i++) {
        $all[] = $c->receive()->body;
    }
    check("16 pipelined to {$path}", $all, $wanted);
}
$text = '';
for ($i = 0; $i < 2000; $i++) {
    $text .= 'GET /' . ($i % 2 ? 'sleep' : '') . "?n={$i} HTTP/1.1\r\nHost: x\r\nX-Padding: " . str_repeat('p', 200) . "\r\n\r\n";
}
$c = new HttpClient($server->port);
$c->connection->send($text);
$wrong = 0;
for ($i = 0; $i < 2000; $i++) {
    $wrong += (int) ($c->receive()->body !== ($i % 2 ? "slept {$i}" : "at once {$i} 0"));
}
check('2000 pipelined, wrong answers', $wrong, 0);
$c->connection->send("POST /?n=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcPOST /?n=2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\nGET /?n=3 HTTP/1.1\r\nHost: x\r\n\r\n");
check('bodies pipelined', [$c->receive()->body, $c->receive()->body, $c->receive()->body], ['at once 1 3', 'at once 2 4', 'at once 3 0']);

$c->send('POST', '/?n=1', '', ['Expect' => '100-continue', 'Content-Length' => '5']);
check('100', $c->receiveAny()->status, 100);
$c->connection->send('hello');
check('after 100', $c->receive()->body, 'at once 1 5');
$x = new HttpClient($server->port);
$x->send('POST', '/', '', ['Expect' => '100-continue', 'Content-Length' => (string) (5 << 20)]);
check('no 100 for a body that is too long', $x->receiveAny()->status, 413);
check('closed after 413', $x->connection->readAll(), '');
$x = new HttpClient($server->port);
$x->send('POST', '/', str_repeat('x', 1 << 20), ['Content-Length' => (string) (5 << 20)]);
check('413 is seen by a client that sends', $x->receive()->status, 413);
$x = new HttpClient($server->port);
$x->connection->send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
try {
    for ($i = 0; $i < 80; $i++) {
        $x->connection->send("10000\r\n" . str_repeat('x', 65536) . "\r\n");
    }
} catch (RuntimeException) {
}
check('413 in the middle of chunks', $x->receive()->status, 413);

check('HTTP/1.0 closes', (function () use ($server) {
    $raw = $server->connect();
    $raw->send("GET /?n=4 HTTP/1.0\r\n\r\n");
    return str_ends_with($raw->readAll(), "\r\n\r\nat once 4 0");
})());
check('Connection: close', $server->get('/?n=5')->header('connection'), 'close');
foreach (['/' => 'at once 6 0', '/sleep' => 'slept 6'] as $path => $body) {
    $raw = $server->connect();
    $raw->send("GET {$path}?n=6 HTTP/1.1\r\nHost: x\r\n\r\n");
    $raw->shutdownWrite();
    check("half-closed, {$path}", str_ends_with($raw->readAll(), $body));
    $raw = $server->connect();
    $raw->send(str_repeat("GET {$path}?n=7 HTTP/1.1\r\nHost: x\r\n\r\n", 5));
    $raw->shutdownWrite();
    check("half-closed, 5 pipelined to {$path}", substr_count($raw->readAll(), 'HTTP/1.1 200'), 5);
}
$raw = $server->connect();
$raw->send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
$raw->shutdownWrite();
check('half-closed, a big answer arrives whole', strlen($raw->readAll()) > 50 << 20);

$raw = new HttpClient($server->port);
foreach (str_split("POST /?n=8 HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n") as $byte) {
    $raw->connection->send($byte);
    usleep(500);
}
check('one byte at a time', $raw->receive()->body, 'at once 8 3');

// An answer that another connection's burst wakes goes to its own client.
$waiting = new HttpClient($server->port);
$waiting->send('GET', '/wait');
$waiting->connection->readUntil('before ');
$c->connection->send("GET /?n=9 HTTP/1.1\r\nHost: x\r\n\r\nGET /push HTTP/1.1\r\nHost: x\r\n\r\nGET /?n=10 HTTP/1.1\r\nHost: x\r\n\r\n");
check('a burst that wakes another connection', [$c->receive()->body, $c->receive()->body, $c->receive()->body], ['at once 9 0', 'pushed', 'at once 10 0']);
check('the other connection', $waiting->connection->readUntil("0\r\n\r\n"), "\r\n5\r\nafter\r\n0\r\n\r\n");

$rss = fn () => (int) preg_replace('/.*VmRSS:\s+(\d+).*/s', '$1', file_get_contents("/proc/{$server->children()[0]}/status")) >> 10;
$before = $rss();
$lazy = [];
for ($i = 0; $i < 20; $i++) {
    $lazy[$i] = $server->connect();
    $lazy[$i]->send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
}
usleep(500_000);
check('others are served', $server->get('/?n=11')->body, 'at once 11 0');
check('20 clients that never read a stream of 50 MB', ($grown = $rss() - $before) < 150 ?: $grown);
foreach ($lazy as $raw) {
    $raw->close();
}
wait_until(fn () => substr_count($server->log(), 'stream over') === 20, 'the end of the streams');
$raw = $server->connect();
$raw->send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
usleep(200_000);
$raw->close();
wait_until(fn () => (int) $server->get('/memory')->body < 30, 'the end of what a gone client left');
check('exit code', $server->stop(), 0);
--EXPECT--
ok: 16 pipelined to /
ok: 16 pipelined to /sleep
ok: 2000 pipelined, wrong answers
ok: bodies pipelined
ok: 100
ok: after 100
ok: no 100 for a body that is too long
ok: closed after 413
ok: 413 is seen by a client that sends
ok: 413 in the middle of chunks
ok: HTTP/1.0 closes
ok: Connection: close
ok: half-closed, /
ok: half-closed, 5 pipelined to /
ok: half-closed, /sleep
ok: half-closed, 5 pipelined to /sleep
ok: half-closed, a big answer arrives whole
ok: one byte at a time
ok: a burst that wakes another connection
ok: the other connection
ok: others are served
ok: 20 clients that never read a stream of 50 MB
ok: exit code
