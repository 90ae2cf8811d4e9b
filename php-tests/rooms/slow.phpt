--TEST--
Rooms: clients that stop reading: what waits for them is bounded, by each policy, and others are not held up
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\WebSocket\{Connection, Rooms};
    $app = Highper\Application::create(__DIR__)->metrics();
    foreach (['drop-oldest', 'keep-last', 'close'] as $slow) {
        $app->websocket("/{$slow}", fn () => null, open: function (Connection $c) use ($slow) { $c->join($slow, "{$slow}-2"); $c->send('welcome'); }, queue: '64K', slow: $slow);
    }
    exit($app
        ->websocket('/quick', function () { Acks::$count++; }, open: function (Connection $c) { $c->join('drop-oldest', 'keep-last', 'close'); $c->send('welcome'); })
        ->get('/flood/{room}/{count}', function (string $room, int $count, Rooms $rooms) {
            $before = memory();
            for ($i = 1; $i <= $count; $i++) {
                $rooms->to($room)->send(str_pad("{$i} ", 10_000, 'x'));
                // The quick one says how far it is, however fast the machine.
                while ($i % 50 === 0 && Acks::$count < intdiv($i, 50)) {
                    usleep(100);
                }
            }
            Acks::$count = 0;
            return ['grown' => memory() - $before];
        })
        ->get('/one/{room}', function (string $room, Rooms $rooms) { $rooms->to($room)->send('of the other room'); })
        ->get('/count/{room}', fn (string $room, Rooms $rooms) => $rooms->count($room))
        ->run([$argv[0], '--workers', '1']));
    final class Acks { public static int $count = 0; }
    /** Bytes that the process has, of its own. */
    function memory(): int { preg_match('/^RssAnon:\s+(\d+) kB/m', file_get_contents('/proc/self/status'), $found); return $found[1] * 1024; }
    PHP);
/** The numbers of the messages that a client gets which reads again. */
$numbers = function (WebSocketClient $c): array {
    $all = [];
    while (true) {
        [$opcode, $payload] = $c->frameIn();
        if ($opcode !== 1 || $payload === 'of the other room') {
            return [$all, $opcode === 8 ? unpack('n', $payload)[1] . ' ' . substr($payload, 2) : $payload];
        }
        $all[] = (int) $payload;
    }
};
$metric = function (string $name) use ($server): int {
    preg_match("/^highper_websocket_{$name} (\d+)/m", $server->get('/metrics')->body, $found);
    return (int) ($found[1] ?? -1);
};
$count = 3000;
foreach (['drop-oldest', 'keep-last', 'close'] as $policy) {
    $slow = array_map(fn () => new WebSocketClient($server->port, "/{$policy}"), range(1, 10));
    $quick = new WebSocketClient($server->port, '/quick', timeout: 20.0);
    array_map(fn ($c) => $c->receive(), [...$slow, $quick]);
    $dropped = $metric('dropped_total');
    $flood = $server->connect(20.0);
    $flood->send("GET /flood/{$policy}/{$count} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for ($i = 1; $i <= $count; $i++) {
        if ((int) $quick->receive() !== $i) {
            echo "WRONG: the quick one misses message {$i}\n";
        }
        if ($i % 50 === 0) {
            $quick->send('so far');
        }
    }
    preg_match('/"grown":(-?\d+)/', $flood->readAll(), $found);
    // Ten times the queue, a frame and a piece more, and what the process has otherwise: 300 MB were sent.
    check("{$policy}: memory is bounded", $found[1] < 8_000_000);
    $server->get("/one/{$policy}-2");
    [$got, $last] = $numbers($slow[0]);
    $sorted = $got;
    sort($sorted);
    check("{$policy}: in their order", $got === $sorted && count(array_unique($got)) === count($got) && $got[0] === 1);
    if ($policy === 'drop-oldest') {
        check('the newest came', [end($got), count($got) < $count, $last], [$count, true, 'of the other room']);
        check('counted', $metric('dropped_total') - $dropped > 10 * ($count - count($got)) / 2);
    } elseif ($policy === 'keep-last') {
        check('the last came', [end($got), $got[count($got) - 2] < $count - 1, $last], [$count, true, 'of the other room']);
    } else {
        check('closed', [$last, end($got) < $count, $metric('closed_slow_total')], ['1013 the client takes too little', true, 10]);
        wait_until(fn () => $server->get('/count/close-2')->body === '0' || array_map(fn ($c) => $c->close(), $slow) === [], 'none of them is in the room');
    }
    array_map(fn ($c) => $c->close(), [...$slow, $quick]);
    wait_until(fn () => $server->get("/count/{$policy}")->body === '0', 'all have left');
}
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: drop-oldest: memory is bounded
ok: drop-oldest: in their order
ok: the newest came
ok: counted
ok: keep-last: memory is bounded
ok: keep-last: in their order
ok: the last came
ok: close: memory is bounded
ok: close: in their order
ok: closed
ok: ends
