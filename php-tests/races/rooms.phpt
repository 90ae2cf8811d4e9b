--TEST--
Race: clients join and leave rooms, close and are closed while messages go to them, over two workers, one of which is killed and all of which are reloaded
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\WebSocket\{Connection, Rooms};
    exit(Highper\Application::create(__DIR__)
        ->settings(['reuse_port' => true])
        ->websocket('/x', function (Connection $c, string $text) {
            [$what, $room] = explode(' ', "{$text} ");
            match ($what) {
                'join' => $c->join($room, 'all'),
                'leave' => $c->leave($room),
                'say' => $c->to($room, 'all')->except($c)->send("said in {$room}"),
                'twice' => $c->to('all')->send(str_repeat('x', 100_000)),
                'wait' => usleep(1000),
                'close' => $c->close(4000, 'as you like'),
                'closed' => [$c->join($room), $c->close(4000), $c->join('never'), $c->to($room)->send('last words'), $c->leave()],
                'done' => $c->send('done'),
            };
        }, close: function (Connection $c) { usleep(500); $c->to(...($c->rooms() ?: ['none']))->send('somebody left'); }, queue: '64K')
        ->get('/pid', fn () => getmypid())
        ->get('/count/{room}', fn (string $room, Rooms $rooms) => $rooms->count($room))
        ->run([$argv[0], '--workers', '2']));
    PHP, ini: ['memory_limit' => '64M']);
mt_srand(7);
$words = ['join a', 'join b', 'leave a', 'say a', 'say b', 'twice', 'wait', 'say all', 'leave all', 'close', 'closed a'];
/** Many clients at once, whatever becomes of each. */
$storm = function (int $clients, int $messages) use ($server, $words): void {
    $all = [];
    for ($i = 0; $i < $clients; $i++) {
        try {
            $c = new WebSocketClient($server->port, '/x');
            $bytes = WebSocketClient::frame('join all');
            for ($m = 0; $m < $messages; $m++) {
                $bytes .= WebSocketClient::frame($words[mt_rand(0, mt_rand(0, 9) ? 7 : 10)]);
            }
            $c->connection->send($bytes);
            $all[] = $c;
            if ($i % 3 === 0) {
                $gone = array_splice($all, mt_rand(0, count($all) - 1), 1)[0];
                mt_rand(0, 1) ? $gone->connection->reset() : $gone->close();
            }
        } catch (RuntimeException) {
            // Its worker has ended meanwhile.
        }
    }
    foreach ($all as $c) {
        $c->close();
    }
};
$count = fn (string $room) => (int) $server->get("/count/{$room}")->body;
$isEmpty = fn () => [$count('a'), $count('b'), $count('all'), $count('never')] === [0, 0, 0, 0];
$storm(60, 20);
wait_until($isEmpty, 'all have left');
check('nobody is left', $isEmpty());
$workers = $server->children();
$storm(20, 20);
posix_kill($workers[0], SIGKILL);
$storm(20, 20);
wait_until(fn () => count(array_diff($server->children(), $workers)) === 1, 'a new worker');
wait_until($isEmpty, 'the killed one counts no more');
check('a worker was killed', $isEmpty());
$stay = [];
for ($i = 0; $i < 8; $i++) {
    $c = new WebSocketClient($server->port, '/x');
    $c->send('join a');
    $c->send('done');
    while ($c->receive() !== 'done');
    $stay[] = $c;
}
$before = $server->children();
$server->signal(10);
$storm(20, 20);
$ends = array_unique(array_map(function ($c) {
    while (($frame = $c->frameIn())[0] === 1);
    return [$frame[0], substr($frame[1], 0, 2)];
}, $stay), SORT_REGULAR);
check('those that stayed were told to come back', array_values($ends), [[8, "\x03\xe9"]]);
array_map(fn ($c) => $c->close(), $stay);
wait_until(fn () => array_intersect($server->children(), $before) === [] && count($server->children()) === 2, 'the reload');
wait_until($isEmpty, 'all have left');
$storm(20, 20);
wait_until($isEmpty, 'all have left');
check('all goes on', $isEmpty());
check('ends', $server->stop(), 0);
preg_match_all('/^.*(?:Uncaught|panick|Fatal|signal (?!9)).*$/mi', $server->log(), $wrong);
check('nothing went wrong', $wrong[0], []);
?>
--EXPECT--
ok: nobody is left
ok: a worker was killed
ok: those that stayed were told to come back
ok: all goes on
ok: ends
ok: nothing went wrong
