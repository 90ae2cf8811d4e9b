--TEST--
Rooms: over two workers, from controllers, jobs by the clock, processes and task workers; large messages; a worker that is killed
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Task\Tasks;
    use Highper\WebSocket\{Connection, Rooms};
    final class Job { public function __construct(public string $room) {} public function handle(Rooms $rooms): int { $rooms->to($this->room)->send('from a task worker'); return $rooms->count($this->room); } }
    exit(Highper\Application::create(__DIR__)
        ->settings(['tasks' => 1, 'reuse_port' => true])
        ->websocket('/in/{room}', fn (Connection $c, string $text, string $room) => match ($text) {
            'pid' => $c->send((string) getmypid()),
            'id' => $c->send((string) $c->id),
            'others' => $c->to($room)->except($c)->send('to others'),
            default => $c->to($room)->send($text),
        }, open: function (Connection $c, string $room) { $c->join($room); $c->send((string) getmypid()); }, maxMessage: '4M')
        ->process('announcer', function (Rooms $rooms) { while (true) { usleep(20_000); $rooms->to('ticks')->send("from a process"); } })
        ->cron('* * * * * *', fn (Rooms $rooms) => $rooms->to('clock')->send('from the clock'))
        ->get('/job/{room}', fn (string $room, Tasks $tasks) => $tasks->run(new Job($room)))
        ->get('/count/{room}', fn (string $room, Rooms $rooms) => $rooms->count($room))
        ->get('/everyone', function (Rooms $rooms) { $rooms->everyone()->sendBinary('all'); })
        ->get('/except/{id}', function (int $id, Rooms $rooms) { $rooms->to('r')->except($id)->json(['not' => 'for ' . $id]); })
        ->run([$argv[0], '--workers', '2']));
    PHP);
/** @return array<int, list<WebSocketClient>> clients by worker, two of each at least */
$both = function (string $room) use ($server): array {
    $all = [];
    for ($i = 0; $i < 200 && (count($all) < 2 || min(array_map(count(...), $all)) < 2); $i++) {
        $c = new WebSocketClient($server->port, "/in/{$room}");
        $all[(int) $c->receive()][] = $c;
    }
    return $all;
};
$clients = $both('r');
check('both workers', count($clients), 2);
$all = array_merge(...$clients);
$count = fn (string $room) => (int) $server->get("/count/{$room}")->body;
check('presence', $count('r'), count($all));
$hear = fn (array $clients, int $opcode = 1) => array_values(array_unique(array_map(fn ($c) => $c->receive($opcode), $clients)));
$all[0]->send('hello');
check('all hear it', $hear($all), ['hello']);
$all[0]->send('others');
check('the others', $hear(array_slice($all, 1)), ['to others']);
$large = str_repeat('0123456789', 200_000);
$all[1]->send($large);
check('2 MB', $hear($all) === [$large]);
check('a task worker', [$server->get('/job/r')->body, $hear($all)], [(string) count($all), ['from a task worker']]);
$server->get('/everyone');
check('everyone', $hear($all, 2), ['all']);
foreach ($clients as $some) {
    $some[0]->send('id');
    $server->get('/except/' . ($id = $some[0]->receive()));
    $others = array_filter($all, fn ($c) => $c !== $some[0]);
    check('not one by its number', $hear($others), ["{\"not\":\"for {$id}\"}"]);
}
$ticks = $both('ticks');
check('a process', $hear(array_merge(...$ticks)), ['from a process']);
$clock = $both('clock');
check('the clock', $hear(array_merge(...$clock)), ['from the clock']);

[$first, $second] = array_keys($clients);
posix_kill($first, SIGKILL);
wait_until(fn () => $count('r') === count($clients[$second]), 'its connections count no more');
check('they are closed', array_filter($clients[$first], fn ($c) => !$c->connection->isClosedWithin(3)), []);
$again = $both('r');
unset($again[$second]);
check('a new worker', count($again), 1);
$fresh = array_merge(...$again);
$clients[$second][0]->send('after all');
check('rooms go on', $hear([...$clients[$second], ...$fresh]), ['after all']);
$fresh[0]->send('back');
check('both ways', $hear([...$clients[$second], ...$fresh]), ['back']);
array_map(fn ($c) => $c->close(), array_merge($all, ...$again, ...$ticks, ...$clock));
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: both workers
ok: presence
ok: all hear it
ok: the others
ok: 2 MB
ok: a task worker
ok: everyone
ok: not one by its number
ok: not one by its number
ok: a process
ok: the clock
ok: they are closed
ok: a new worker
ok: rooms go on
ok: both ways
ok: ends
