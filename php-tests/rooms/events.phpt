--TEST--
Rooms and server-sent events: what is sent to a room reaches WebSocket clients and streams, of all workers; slow ones, those that go, the end
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, TcpClient, WebSocketClient};

$start = fn (string $workers) => Server::start(<<<'PHP'
    <?php
    use Highper\Http\Response;
    use Highper\WebSocket\{Connection, Rooms};
    final class Acks { public static int $count = 0; }
    exit(Highper\Application::create(__DIR__)->metrics()
        ->websocket('/ws/{room}', function (Connection $c, string $text, string $room) { $c->to($room)->except($c)->send($text); }, open: function (Connection $c, string $room) { $c->join($room); $c->send('welcome'); })
        ->websocket('/quick', function () { Acks::$count++; }, open: function (Connection $c) { $c->join('flood'); $c->send('welcome'); })
        ->get('/events/{room}', fn (string $room) => Response::subscribe($room, keepAlive: 0))
        ->get('/two', fn () => Response::subscribe(['a', 'b', 'a'], retry: 1500)->withHeader('X-Own', 'yes'))
        ->get('/alive', fn () => Response::subscribe('quiet', keepAlive: 0.1))
        ->get('/slow/{how}', fn (string $how) => Response::subscribe(['flood'], queue: '64K', slow: $how))
        ->get('/wrong', fn () => Response::subscribe('x', slow: 'never'))
        ->get('/none', fn () => Response::subscribe([]))
        ->get('/say/{room}', function (string $room, Rooms $rooms) { $rooms->to($room)->send("one\ntwo"); $rooms->to($room)->sendBinary("\xff"); $rooms->to($room)->json(['n' => 1]); })
        ->get('/both', function (Rooms $rooms) { $rooms->to('a', 'b')->send('once'); })
        ->get('/all', function (Rooms $rooms) { $rooms->everyone()->send('all'); })
        ->get('/count/{room}', fn (string $room, Rooms $rooms) => (string) $rooms->count($room))
        ->get('/pid', fn () => (string) getmypid())
        ->get('/flood/{count}', function (int $count, Rooms $rooms) {
            $before = memory();
            for ($i = 1; $i <= $count; $i++) {
                $rooms->to('flood')->send(str_pad("{$i} ", 10_000, 'x'));
                while ($i % 50 === 0 && Acks::$count < intdiv($i, 50)) {
                    usleep(100);
                }
            }
            return ['grown' => memory() - $before];
        })
        ->run([$argv[0], '--workers', getenv('WORKERS')]));
    /** Bytes that the process has, of its own. */
    function memory(): int { preg_match('/^RssAnon:\s+(\d+) kB/m', file_get_contents('/proc/self/status'), $found); return $found[1] * 1024; }
    PHP, environment: ['WORKERS' => $workers]);
$server = $start('2');
/** A stream whose head was read. */
$listen = function (string $path) use (&$server): TcpClient {
    $client = $server->connect();
    $client->send("GET {$path} HTTP/1.1\r\nHost: x\r\n\r\n");
    $client->head = $client->readUntil("\r\n\r\n");

    return $client;
};
/** The next piece of a chunked body. */
$piece = function (TcpClient $client): string {
    $length = hexdec($client->readLine());
    $piece = $client->read($length);
    $client->read(2);

    return $piece;
};
$a = $listen('/events/room');
check('its head', [substr($a->head, 0, 15), (bool) preg_match('~^content-type: text/event-stream\r$~im', $a->head), $piece($a)], ['HTTP/1.1 200 OK', true, ":\n\n"]);
$ws = new WebSocketClient($server->port, '/ws/room');
$ws->receive();
wait_until(fn () => $server->get('/count/room')->body === '2', 'two members');
$server->get('/say/room');
check('texts and JSON, no bytes', [$text = $piece($a), str_contains($text, 'n') && strlen($text) > 30 ? '' : $piece($a)], [strlen($text) > 30 ? "data: one\ndata: two\n\ndata: {\"n\":1}\n\n" : "data: one\ndata: two\n\n", strlen($text) > 30 ? '' : "data: {\"n\":1}\n\n"]);
check('WebSocket clients too', $ws->receive(), "one\ntwo");
$ws->send('from a client');
check('what a client sends to its room', $piece($a), "data: from a client\n\n");
$two = $listen('/two');
check('two rooms, a time to come back', [str_contains($two->head, "X-Own: yes\r\n"), $piece($two)], [true, "retry: 1500\n\n"]);
wait_until(fn () => $server->get('/count/a')->body . $server->get('/count/b')->body === '11', 'a member of each');
$server->get('/both');
$server->get('/all');
$got = '';
while (!str_contains($got, 'all')) {
    $got .= $piece($two);
}
check('once for who is in both', $got, "data: once\n\ndata: all\n\n");
check('everyone', $piece($a), "data: all\n\n");
$workers = [];
$many = array_map(fn () => $listen('/events/many'), range(1, 20));
array_map($piece, $many);
wait_until(fn () => $server->get('/count/many')->body === '20', 'twenty members in all workers');
$server->get('/say/many');
foreach ($many as $client) {
    $got = '';
    while (!str_contains($got, 'n":1')) {
        $got .= $piece($client);
    }
    $all[] = $got;
}
check('twenty, whatever their worker', array_unique($all), ["data: one\ndata: two\n\ndata: {\"n\":1}\n\n"]);
foreach ($many as $i => $client) {
    match ($i % 3) { 0 => $client->close(), 1 => $client->reset(), 2 => $client->shutdownWrite() };
}
wait_until(fn () => $server->get('/count/many')->body === '0', 'nobody left');
check('those who go leave', true);
$quiet = $listen('/alive');
wait_until(fn () => preg_match('/^highper_events_connections (\d+)/m', $server->get('/metrics')->body, $found) && $found[1] === '3', 'three streams in the metrics');
check('a sign of life', [$piece($quiet), $piece($quiet)], [":\n\n", ":\n\n"]);
$ws->close();
$head = $server->connect();
$head->send("HEAD /events/room HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
check('HEAD', substr($head->readAll(), 0, 15), 'HTTP/1.1 200 OK');
check('wrong arguments', [$server->get('/wrong')->status, $server->get('/none')->status], [500, 500]);
$server->signal(10);
check('a reload ends them', [$a->readAll(), str_ends_with($two->readAll(), "0\r\n\r\n")], ["0\r\n\r\n", true]);
$again = $listen('/events/room');
check('they come back', $piece($again), ":\n\n");
check('exit code', $server->stop(), 0);
check('the end', $again->readAll(), "0\r\n\r\n");

$server = $start('1');
$slow = ['drop-oldest' => $listen('/slow/drop-oldest'), 'keep-last' => $listen('/slow/keep-last'), 'close' => $listen('/slow/close')];
$quick = new WebSocketClient($server->port, '/quick', timeout: 20.0);
$quick->receive();
$flood = $server->connect(20.0);
$flood->send("GET /flood/3000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
for ($i = 1; $i <= 3000; $i++) {
    (int) $quick->receive() === $i || print("WRONG: the quick one misses message {$i}\n");
    $i % 50 === 0 && $quick->send('so far');
}
preg_match('/"grown":(-?\d+)/', $flood->readAll(), $found);
check('30 MB for clients that do not read: memory is bounded', $found[1] < 8_000_000);
/** The numbers that a stream gets which is read again, up to the last. */
$numbers = function (TcpClient $client) use ($piece): array {
    $text = '';
    while (!preg_match('/^data: 3000 x+\n\n/m', $text)) {
        $text .= $piece($client);
    }
    preg_match_all('/^data: (\d+) /m', $text, $found);

    return array_map(intval(...), $found[1]);
};
foreach (['drop-oldest', 'keep-last'] as $how) {
    $got = $numbers($slow[$how]);
    $sorted = $got;
    sort($sorted);
    check("{$how}: in their order, some left out, the last came", [$got === $sorted, count(array_unique($got)) === count($got), count($got) < 3000, $got[0]], [true, true, true, 1]);
}
check('close: it breaks off', !str_ends_with($slow['close']->readAll(), "0\r\n\r\n"));
$quick->close();
foreach ($slow as $client) {
    $client->close();
}
check('exit code', $server->stop(), 0);
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){20}ok: exit code\s*\Z
