--TEST--
Rooms: what goes to many clients goes out together: in order, whole, beside those that read nothing or are gone; in the child of a fork too
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

const CLIENTS = 300;    // more than go into one call
$server = Server::start(<<<'PHP'
    <?php
    use Highper\WebSocket\{Connection, Rooms};
    exit(Highper\Application::create(__DIR__)
        ->websocket('/', function (Connection $c, string $text) {
            match ($text) {
                // One by itself behind the one to all comes behind it.
                'one' => [$c->to('all')->send('to all'), $c->send('to you')],
                'ten' => array_map(fn ($n) => $c->to('all')->send("message {$n}"), range(1, 10)),
                'whole' => $c->to('all')->send(str_repeat('x', 60_000)),
                'large' => $c->to('all')->send(str_repeat('x', 200_000)),
            };
        }, open: function (Connection $c) { $c->join('all'); $c->send('welcome'); }, queue: '1M')
        ->get('/count', fn (Rooms $rooms) => $rooms->count('all'))
        ->get('/rings', fn () => count(preg_grep('/io_uring/', array_map(fn ($fd) => (string) @readlink("/proc/self/fd/{$fd}"), scandir('/proc/self/fd')))))
        ->get('/fork', function () {
            // What a worker's child sends by itself is its own affair; here it must not disturb its parent.
            $pid = pcntl_fork();
            if ($pid === 0) { posix_kill(getmypid(), SIGKILL); }
            pcntl_waitpid($pid, $status);
            return 'forked';
        })
        ->run([$argv[0], '--workers', '1']));
    PHP);
$clients = [];
for ($i = 0; $i < CLIENTS; $i++) {
    $clients[] = new WebSocketClient($server->port, '/', timeout: 20.0);
}
foreach ($clients as $c) {
    $c->receive();
}
/** What each gets: how many got it so. */
$each = function (string ...$wanted) use (&$clients): int {
    $right = 0;
    foreach ($clients as $c) {
        $got = array_map(fn () => $c->receive(), $wanted);
        $right += (int) ($got === $wanted);
    }
    return $right;
};
$clients[0]->send('one');
check('one message', $each('to all'), CLIENTS);
check('and behind it one by itself', $clients[0]->receive(), 'to you');
$clients[1]->send('ten');
check('ten', $each(...array_map(fn ($n) => "message {$n}", range(1, 10))), CLIENTS);
$clients[2]->send('large');
check('one that does not fit into a socket', $each(str_repeat('x', 200_000)), CLIENTS);
check('after a fork', $server->get('/fork')->body, 'forked');
$clients[3]->send('one');
check('all goes on', [$each('to all'), $clients[3]->receive()], [CLIENTS, 'to you']);
// One reads nothing, some are gone without a word.
foreach (array_splice($clients, 30) as $c) {
    $c->close();
}
$deaf = array_pop($clients);
foreach (array_splice($clients, 5, 5) as $gone) {
    $gone->connection->reset();
}
$whole = str_repeat('x', 60_000);
$right = 0;
for ($i = 0; $i < 150; $i++) {
    $clients[4]->send('whole');
    $right += $each($whole);
}
check('beside one that reads nothing', $right, 150 * 24);
wait_until(fn () => (int) $server->get('/count')->body === 25, 'the others are gone');
$clients[5]->send('one');
check('and then', [$each('to all'), $clients[5]->receive()], [24, 'to you']);
$got = $wrong = 0;
while (($text = $deaf->receive()) !== 'to all') {
    $text === $whole ? $got++ : $wrong++;
}
check('that one gets whole messages, and the last one', [$wrong, $got > 10, $got < 150], [0, true, true]);
// Where the kernel refuses it, all is sent in the ordinary way.
check('by one ring at most', (int) $server->get('/rings')->body <= 1);
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: one message
ok: and behind it one by itself
ok: ten
ok: one that does not fit into a socket
ok: after a fork
ok: all goes on
ok: beside one that reads nothing
ok: and then
ok: that one gets whole messages, and the last one
ok: by one ring at most
ok: ends
