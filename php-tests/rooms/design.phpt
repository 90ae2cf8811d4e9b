--TEST--
Rooms: a WebSocket controller by attribute, its rooms, presence, and messages from an ordinary controller
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{Server, WebSocketClient};

mkdir(temp_path('src'), recursive: true);
file_put_contents(temp_path('src/Room.php'), <<<'PHP'
    <?php
    namespace App;
    use Highper\Attribute\WebSocket;
    use Highper\WebSocket\Connection;

    #[WebSocket('/rooms/{room}', queue: '256K', slow: 'drop-oldest')]
    final class Room {
        public function open(Connection $c, string $room): void { $c->join($room); }
        public function message(Connection $c, string $text, string $room): void { $c->to($room)->except($c)->send($text); }
    }
    PHP);
file_put_contents(temp_path('src/News.php'), <<<'PHP'
    <?php
    namespace App;
    use Highper\Attribute\{Body, Controller, Get, Post};
    use Highper\WebSocket\Rooms;

    #[Controller('/news')]
    final readonly class News {
        public function __construct(private Rooms $rooms) {}
        #[Post('/{room}')] public function send(string $room, #[Body] string $text): array { $this->rooms->to($room)->send($text); return ['to' => $this->rooms->count($room)]; }
        #[Get('/{room}')] public function count(string $room): int { return $this->rooms->count($room); }
    }
    PHP);
$server = Server::start('<?php exit(Highper\Application::create($argv[2])->scan("App\\\\", "src")->run([$argv[0], "--workers", "1"]));', [temp_path('')]);

[$a, $b, $c] = array_map(fn ($room) => new WebSocketClient($server->port, "/rooms/{$room}"), ['one', 'one', 'two']);
check('101', [$a->answer->status, strtolower($a->answer->header('upgrade')), $a->answer->header('connection')], [101, 'websocket', 'Upgrade']);
$count = fn (string $room) => (int) $server->get("/news/{$room}")->body;
wait_until(fn () => $count('one') === 2 && $count('two') === 1, 'all are in');
check('presence', [$count('one'), $count('two'), $count('three')], [2, 1, 0]);
$a->send('hello');
check('the others of the room', $b->receive(), 'hello');
$b->send('and back');
check('not oneself', $a->receive(), 'and back');
check('a controller sends', $server->request('POST', '/news/one', 'read all about it', ['Content-Type' => 'text/plain'])->body, '{"to":2}');
check('to both', [$a->receive(), $b->receive()], ['read all about it', 'read all about it']);
$server->request('POST', '/news/two', 'for two', ['Content-Type' => 'text/plain']);
check('nobody else gets it', $c->receive(), 'for two');
$a->close();
wait_until(fn () => $count('one') === 1, 'one has left');
$b->send("\x03\xe8bye", WebSocketClient::CLOSE);
check('closed', $b->receiveClose(), '1000 bye');
wait_until(fn () => $count('one') === 0, 'all have left');
check('a plain request', [$server->get('/rooms/one')->status, $server->get('/rooms/one')->header('upgrade')], [426, 'websocket']);
$server->signal(15);
check('the server says good-bye', $c->receiveClose(), '1001 the server ends');
$c->close();
check('and ends', $server->waitForEnd(), 0);
check('nothing went wrong', preg_match_all('/error|warning/i', $server->log()), 0);
?>
--EXPECT--
ok: 101
ok: presence
ok: the others of the room
ok: not oneself
ok: a controller sends
ok: to both
ok: nobody else gets it
ok: closed
ok: a plain request
ok: the server says good-bye
ok: and ends
ok: nothing went wrong
