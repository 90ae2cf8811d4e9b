--TEST--
Rooms: the session of a connection is read anew by each handler that asks, written at its end, and locked no longer than that; filters, metrics
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Filter\{BearerAuth, RateLimit};
    use Highper\Http\Request;
    use Highper\Session;
    use Highper\WebSocket\Connection;
    final class User { public static int $made = 0; public string $name; public function __construct(Session $s) { self::$made++; $this->name = $s->get('name', 'nobody'); } }
    exit(Highper\Application::create(__DIR__)
        ->sessions(['folder' => $argv[2], 'lock_timeout' => 2])->metrics()
        ->scoped(User::class, fn (Session $s) => new User($s))
        ->get('/login/{name}', function (string $name, Session $s) { $s->set('name', $name); return 'in'; })
        ->get('/read', fn (Session $s) => $s->all())
        ->websocket('/ws', function (Connection $c, string $text, Session $s) {
            if ($text !== 'read') {
                $s->set('said', $text);
            }
            $c->json($s->all());
        }, open: fn (Connection $c, Request $r, Session $s) => $c->send($s->get('name', 'nobody') . ($s === $r->session() ? '' : ' different')))
        ->websocket('/scoped', fn (Connection $c, string $text, User $user) => $c->send("{$user->name} " . User::$made), open: fn (Connection $c, User $user) => $c->send("{$user->name} " . User::$made))
        ->websocket('/limited', fn (Connection $c, string $text) => $c->send($text), middleware: [new RateLimit('2/hour')])
        ->run([$argv[0], '--workers', '1']));
    PHP, [temp_path('sessions')]);
$login = $server->get('/login/anna');
$cookie = ['Cookie' => strtok($login->header('set-cookie'), ';')];
$c = new WebSocketClient($server->port, '/ws', $cookie);
check('in open()', $c->receive(), 'anna');
$c->send('read');
check('in message()', $c->receive(), '{"name":"anna"}');
check('nobody is held up', $server->get('/read', $cookie)->body, '{"name":"anna"}');
$server->get('/login/berta', $cookie);
$c->send('read');
check('read anew', $c->receive(), '{"name":"berta"}');
$c->send('hello');
check('written', $c->receive(), '{"name":"berta","said":"hello"}');
check('and kept', $server->get('/read', $cookie)->body, '{"name":"berta","said":"hello"}');
$c->close();
$c = new WebSocketClient($server->port, '/ws');
check('without a session', $c->receive(), 'nobody');
$c->close();
$c = new WebSocketClient($server->port, '/scoped', $cookie);
$c->send('x');
$c->send('y');
check('scoped objects are the connection\'s', [$c->receive(), $c->receive(), $c->receive()], ['berta 1', 'berta 1', 'berta 1']);
$c->close();
$all = array_map(fn () => new WebSocketClient($server->port, '/limited'), range(1, 3));
check('filters come first', array_map(fn ($c) => $c->answer->status, $all), [101, 101, 429]);
check('their fields are in the 101', $all[0]->answer->header('ratelimit-remaining'), '1');
$all[0]->send('after the filter');
check('and it works', $all[0]->receive(), 'after the filter');
$metric = fn (string $name) => preg_match("/^highper_websocket_{$name} (\S+)/m", $server->get('/metrics')->body, $found) ? (int) $found[1] : null;
wait_until(fn () => $metric('connections') === 2, 'two are open');
check('metrics', [$metric('received_total'), $metric('sent_total'), $metric('dropped_total')], [6, 9, 0]);
array_map(fn ($c) => $c->close(), $all);
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: in open()
ok: in message()
ok: nobody is held up
ok: read anew
ok: written
ok: and kept
ok: without a session
ok: scoped objects are the connection's
ok: filters come first
ok: their fields are in the 101
ok: and it works
ok: metrics
ok: ends
