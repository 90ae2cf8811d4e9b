--TEST--
Request bodies that are read while they arrive: back-pressure, limits, time-outs, clients that go
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server, TcpClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Attribute\StreamBody;
    use Highper\Http\Request;
    final class State { static array $log = []; static ?string $first = null; static bool $go = false; }
    final class C {
        #[StreamBody] public function sum(Request $r): array {
            $n = 0; $hash = hash_init('crc32b'); $most = 0;
            while (($piece = $r->read()) !== '') { $n += strlen($piece); $most = max($most, strlen($piece)); hash_update($hash, $piece); }
            return ['n' => $n, 'crc' => hash_final($hash), 'most' => $most, 'rss' => rss()];
        }
    }
    function rss(): int { preg_match('/VmRSS:\s+(\d+)/', file_get_contents('/proc/self/status'), $m); return (int) $m[1]; }
    $app = Highper\Application::create(__DIR__)
        ->settings(['workers' => 1, 'max_body_size' => '300M', 'body_timeout' => 1.0, 'access_log' => false]);
    $app->post('/sum', [C::class, 'sum']);
    $app->post('/buffered', fn (Request $r) => [strlen($r->read(3)), $r->read(2), $r->read(), $r->read(), $r->body()]);
    $app->post('/slow', #[StreamBody] function (Request $r) { State::$first = $r->read(10); usleep(700_000); return strlen($r->body()); });
    $app->post('/hold', #[StreamBody] function (Request $r) { $r->read(1); while (!State::$go) { usleep(5_000); } return 1 + strlen($r->body()); });
    $app->get('/go', function () { State::$go = true; return 'went'; });
    $app->post('/unread', #[StreamBody] fn (Request $r) => 'not read');
    $app->post('/late', #[StreamBody] function (Request $r) { try { while ($r->read() !== '') {} return 'all'; } catch (Throwable $e) { State::$log[] = $e::class . ': ' . $e->getMessage(); throw $e; } finally { State::$log[] = 'finally'; } });
    $app->post('/form', #[StreamBody] fn (Request $r) => $r->form());
    $app->post('/json', #[StreamBody] fn (Request $r) => $r->json());
    $app->get('/log', function () { $log = State::$log; State::$log = []; return $log; });
    $app->get('/first', fn () => State::$first ?? 'none');
    $app->get('/rss', fn () => rss());
    exit($app->run([$argv[0]]));
    PHP);
$c = new HttpClient($server->port);
$post = fn (string $path, string $body) => $c->request('POST', $path, $body);
check('whole', json_decode($post('/sum', 'hello')->body, true)['n'], 5);
check('empty', json_decode($c->request('POST', '/sum', '', ['Content-Length' => '0'])->body, true)['n'], 0);
check('read() of a body that is there', $post('/buffered', 'abcdefgh')->body, '[3,"de","fgh","","abcdefgh"]');
check('json', $post('/json', '{"a":[1]}')->body, '{"a":[1]}');
check('a form is not read', $post('/form', 'a=1')->status, 500);
$server->waitForLog('is streamed (#[StreamBody])');

// The handler runs before the body is there; chunks of all sizes.
$c = new HttpClient($server->port);
$c->connection->send("POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
wait_until(fn () => (new HttpClient($server->port))->request('GET', '/first')->body === 'first', 'the handler has the first piece');
$c->connection->send("4;x=y\r\nmore\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\nGET /first HTTP/1.1\r\nHost: x\r\n\r\n");
check('chunked', $c->receive()->body, '5');
check('pipelined behind it', $c->receive()->body, 'first');

// 100-continue is said when the handler reads, and not when it does not.
$c->send('POST', '/sum', '', ['Expect' => '100-continue', 'Content-Length' => '3']);
check('100', $c->receiveAny()->status, 100);
$c->connection->send('abc');
check('after 100', json_decode($c->receive()->body, true)['n'], 3);
$c->send('POST', '/unread', '', ['Expect' => '100-continue', 'Content-Length' => '3']);
check('refused without 100', $c->receiveAny()->body, 'not read');

// Not read: the rest is read over, or the connection closes after the answer.
$c = new HttpClient($server->port);
check('unread', $c->request('POST', '/unread', str_repeat('x', 1000))->body, 'not read');
check('kept', $c->request('GET', '/go')->body, 'went');
$c = new HttpClient($server->port);
$c->send('POST', '/unread', '', ['Content-Length' => (string) (100 << 20)]);
check('unread, big', [$c->receive()->body, $c->connection->readAll()], ['not read', '']);

// 200 MB with flat memory, pieces of all sizes.
$before = (int) (new HttpClient($server->port))->request('GET', '/rss')->body;
$c = new HttpClient($server->port, 30.0);
$block = random_bytes(1 << 20);
$crc = hash_init('crc32b');
$c->connection->send("POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: " . (200 << 20) . "\r\n\r\n");
for ($i = 0; $i < 200; $i++) {
    $c->connection->send($block);
    hash_update($crc, $block);
}
$got = json_decode($c->receive()->body, true);
check('200 MB', [$got['n'], $got['crc'], $got['most']], [200 << 20, hash_final($crc), 65536]);
check('memory grew by less than 4 MB', $got['rss'] - $before < 4096 ?: $got['rss'] - $before);

// A handler that does not read: the client's window closes.
$c = new HttpClient($server->port, 30.0);
(new HttpClient($server->port))->request('GET', '/go');
$hold = stream_socket_client("tcp://127.0.0.1:{$server->port}");
stream_set_blocking($hold, false);
fwrite($hold, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: " . (100 << 20) . "\r\n\r\n");
$sent = 0;
$end = microtime(true) + 0.5;
while (microtime(true) < $end) {
    $sent += (int) @fwrite($hold, $block);
    usleep(1000);
}
check('the socket is left alone', $sent < 20 << 20 ?: $sent);
stream_set_blocking($hold, true);
while ($sent < 100 << 20) {
    $sent += fwrite($hold, substr($block, 0, min(1 << 20, (100 << 20) - $sent)));
}
$answer = fread($hold, 8192);
check('and then all is read', str_ends_with($answer, "\r\n\r\n" . ((100 << 20) - 10)) ?: $answer);

// Ends that are none.
$log = fn () => json_decode((new HttpClient($server->port))->request('GET', '/log')->body, true);
$c = new TcpClient($server->port);
$c->send("POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
usleep(50_000);
$c->close();
$seen = [];
wait_until(function () use ($log, &$seen) { $seen = [...$seen, ...$log()]; return count($seen) === 2; }, 'the handler hears of it');
check('the client has gone', $seen, ['Highper\Http\Disconnected: the client has closed the connection', 'finally']);
$c = new HttpClient($server->port);
$c->send('POST', '/late', 'abc', ['Content-Length' => '10']);
check('too slow', $c->receive()->status, 408);
check('too slow, in the handler', $log(), ['Highper\Http\HttpException: The request\'s body did not arrive in time.', 'finally']);
$c = new HttpClient($server->port);
$c->connection->send("POST /late HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n");
check('malformed', $c->receive()->status, 400);
check('malformed, in the handler', count($log()), 2);
$c = new HttpClient($server->port);
$c->connection->send("POST /late HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nfffffff1\r\n");
check('too large', $c->receive()->status, 413);
check('too large, in the handler', str_starts_with($log()[0], 'Highper\Http\HttpException'));
$c = new HttpClient($server->port);
check('too large by its head', (function () use ($c) { $c->send('POST', '/late', '', ['Content-Length' => '999999999999']); return $c->receive()->status; })(), 413);
check('the handler was not called', $log(), []);

// Many at once, from slow clients.
$many = [];
for ($i = 0; $i < 50; $i++) {
    $many[$i] = new HttpClient($server->port);
    $many[$i]->connection->send("POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n");
}
for ($round = 0; $round < 30; $round++) {
    foreach ($many as $client) {
        $client->connection->send(str_repeat('y', 100));
    }
}
$sizes = array_map(fn ($client) => json_decode($client->receive()->body, true)['n'], $many);
check('many', array_unique($sizes), [3000]);
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: whole
ok: empty
ok: read() of a body that is there
ok: json
ok: a form is not read
ok: chunked
ok: pipelined behind it
ok: 100
ok: after 100
ok: refused without 100
ok: unread
ok: kept
ok: unread, big
ok: 200 MB
ok: memory grew by less than 4 MB
ok: the socket is left alone
ok: and then all is read
ok: the client has gone
ok: too slow
ok: too slow, in the handler
ok: malformed
ok: malformed, in the handler
ok: too large
ok: too large, in the handler
ok: too large by its head
ok: the handler was not called
ok: many
ok: exit code
