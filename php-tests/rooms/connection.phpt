--TEST--
Rooms: what handlers get and what a connection can do; one message after the other; errors; who may connect
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{Server, WebSocketClient};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Attribute\{Body, Length, WebSocket};
    use Highper\Http\{Forbidden, Request};
    use Highper\WebSocket\{Connection, Message, Rooms};

    final class Hello { public function __construct(#[Length(1, 5)] public string $name, public int $times = 1) {} }
    final class Greeter { public function greet(string $name): string { return "hello {$name}"; } }
    final class Auth {
        public function __invoke(Request $request, Closure $next) {
            return $request->query('token') === 'secret' ? $next($request->withAttribute('user', 'anna'))->withHeader('X-Auth', 'yes') : throw new Forbidden('no');
        }
    }
    final class Talk {
        public function __construct(private Greeter $greeter) {}
        public function open(Connection $c, Request $request, int $number): void { $c->set('n', $number); $c->send("{$number} {$request->attribute('user')} " . gettype($number)); }
        public function message(Connection $c, int $number, #[Body] Hello $hello, Greeter $again): void { $c->json([$this->greeter->greet($hello->name), $hello->times, $c->get('n'), $c->get('none', 'x'), $again === $this->greeter]); }
        public function error(Connection $c, Throwable $e): void { $c->send(get_class($e) . ': ' . $e->getMessage()); }
    }
    final class Plain {
        public function __construct(private Rooms $rooms) {}
        public function message(Connection $c, string $text): void {
            switch ($text) {
                case 'rooms':
                    $c->join('a', 'b')->join('a', "c\0");
                    $before = $c->rooms();
                    $c->leave('b', 'never');
                    $c->json([$before, $c->rooms(), $this->rooms->count('a'), $this->rooms->count('b'), $c->leave()->rooms()]);
                    break;
                case 'header': $c->send($c->request()->header('User-Agent') . ' ' . $c->request()->path() . ' ' . $c->request()->query('q')); break;
                case 'sleep': usleep(50_000); $c->send('slept'); break;
                case 'throw': throw new RuntimeException('on purpose');
                case 'forbidden': throw new Forbidden('not for you');
                case 'exit': exit(3);
                case 'close': $c->send('before'); $c->close(4001, 'enough'); var_dump($c->send('after'), $c->isOpen()); break;
                case 'wrong':
                    foreach ([fn () => $c->send("\xff"), fn () => $c->close(1005), fn () => $c->close(1000, str_repeat('x', 124)), fn () => $c->to(), fn () => new Connection, fn () => clone $c] as $wrong) {
                        try { $wrong(); $c->send('nothing was thrown'); } catch (Throwable $e) { $c->send(get_class($e) . ': ' . $e->getMessage()); }
                    }
                    break;
                case 'self': $c->join('self'); $c->to('self')->to('other', 'self')->send('once'); $c->to('self')->except($c->id)->send('never'); $c->send('then'); break;
                default: $c->sendBinary(strrev($text));
            }
        }
        public function close(Connection $c, int $code, string $reason): void { fwrite(STDERR, "closed {$code} '{$reason}' " . json_encode([$c->isOpen(), $c->send('x'), $c->rooms()]) . "\n"); }
    }
    exit(Highper\Application::create(__DIR__)
        ->websocket('/talk/{number}', Talk::class, middleware: [Auth::class])
        ->websocket('/plain', Plain::class, protocols: ['chat', 'other'], origins: [])
        ->websocket('/open', fn (Connection $c, Message $m) => $c->send(($m->isBinary ? 'binary ' : 'text ') . bin2hex($m->data)), open: function (Connection $c) { $c->send("id {$c->id}"); }, origins: ['https://friend.example'], connections: 1, maxMessage: 1000)
        ->websocket('/list', function (Connection $c, array $list) { $c->json(array_reverse($list)); })
        ->get('/rooms', fn (Rooms $rooms) => ['a' => $rooms->count('a')])
        ->run([$argv[0], '--workers', '1']));
    PHP, environment: ['APP_ENV' => 'prod']);
$connect = fn (string $path, array $headers = []) => new WebSocketClient($server->port, $path, $headers);

check('middleware comes first', $connect('/talk/5')->answer->status, 403);
check('parameters are converted', $connect('/talk/five?token=secret')->answer->status, 404);
$c = $connect('/talk/5?token=secret');
check('its headers are in the 101', [$c->answer->status, $c->answer->header('x-auth')], [101, 'yes']);
check('open()', $c->receive(), '5 anna integer');
$c->send('{"name":"bob","times":3}');
check('an object', $c->receive(), '["hello bob",3,5,"x",true]');
$c->send('{"name":"robert"}');
check('error() gets what is thrown', $c->receive(), 'Highper\Http\Unprocessable: The input is not valid');
$c->send('{');
check('also of the message', $c->receive(), 'Highper\Http\HttpException: The body is not valid JSON: Syntax error');
$c->send('7');
check('also for what is no object', $c->receive(), 'Highper\Http\HttpException: The message must be a JSON object or list.');
$c->close();

$c = $connect('/plain?q=1', ['User-Agent' => 'me', 'Sec-WebSocket-Protocol' => 'none, other, chat', 'Origin' => "http://127.0.0.1:{$server->port}"]);
check('a subprotocol', $c->answer->header('sec-websocket-protocol'), 'other');
$c->send('rooms');
check('rooms', $c->receive(), '[["a","b","c\u0000"],["a","c\u0000"],1,0,[]]');
$c->send('header');
check('the request', $c->receive(), 'me /plain 1');
$c->connection->send(WebSocketClient::frame('sleep') . WebSocketClient::frame('quick') . WebSocketClient::frame('sleep') . WebSocketClient::frame('last'));
check('one after the other', [$c->receive(), $c->receive(2), $c->receive(), $c->receive(2)], ['slept', 'kciuq', 'slept', 'tsal']);
$c->send('self');
check('once', [$c->receive(), $c->receive()], ['once', 'then']);
$c->send('wrong');
check('what is wrong', array_map(fn () => $c->receive(), range(1, 6)), [
    'ValueError: Highper\WebSocket\Connection::send(): Argument #1 ($text) must be UTF-8; sendBinary() sends other bytes',
    'ValueError: Highper\WebSocket\Connection::close(): Argument #1 ($code) must be a code that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999; 1005 given',
    'ValueError: Highper\WebSocket\Connection::close(): Argument #2 ($reason) must have 123 bytes at most, 124 given',
    'Error: name one room at least, or reach all connections with Rooms::everyone()',
    'Error: The object of Highper\WebSocket\Connection can not be created for security reasons',
    'Error: Trying to clone an uncloneable object of class Highper\WebSocket\Connection',
]);
$c->send('ping me', WebSocketClient::PING);
check('a ping', $c->receive(WebSocketClient::PONG), 'ping me');
foreach (['throw' => '1011', 'forbidden' => '1008 not for you', 'exit' => '1011'] as $text => $wanted) {
    $c->send($text);
    check($text, $c->receiveClose(), $wanted);
    $c->close();
    $c = $connect('/plain');
}
$c->send('rooms');
$c->receive();
$c->send('close');
check('behind what was sent', [$c->receive(), $c->receiveClose()], ['before', '4001 enough']);
$c->close();
$c = $connect('/plain');
$c->send("\x0f\xa0see you", WebSocketClient::CLOSE);
check('the client closes', $c->receiveClose(), '4000 see you');
$c = $connect('/plain');
$c->connection->reset();
$log = $server->waitForLog("closed 1006 ''");
preg_match_all('/^closed .*$/m', $log, $closed);
check('close()', $closed[0], ["closed 1011 '' [false,false,[\"self\"]]", "closed 1008 'not for you' [false,false,[]]", "closed 1011 '' [false,false,[]]", "closed 4001 'enough' [false,false,[]]", "closed 4000 'see you' [false,false,[]]", "closed 1006 '' [false,false,[]]"]);
check('in the log', [substr_count($log, 'Uncaught RuntimeException: on purpose'), substr_count($log, 'exit() ended a handler')], [1, 1]);

$c = $connect('/open');
check('a number', preg_match('/^id \d+$/', $c->receive()), 1);
$c->send("\0\1", WebSocketClient::BINARY);
$c->send('ab');
check('messages as they are', [$c->receive(), $c->receive()], ['binary 0001', 'text 6162']);
$full = $connect('/open');
check('as many as may be', [$full->answer->status, $full->answer->header('retry-after')], [503, '5']);
$c->send(str_repeat('x', 1001));
check('too long a message', preg_match('/^1009 /', $c->receiveClose()), 1);
$c->close();
wait_until(fn () => $connect('/open')->answer->status === 101, 'there is room again');
$c = $connect('/list');
$c->send('[1,2,3]');
check('a list', $c->receive(), '[3,2,1]');

$status = fn (string $path, array $headers) => $connect($path, $headers)->answer->status;
check('other pages', [$status('/plain', ['Origin' => 'https://evil.example']), $status('/plain', ['Origin' => 'null']), $status('/open', ['Origin' => 'https://evil.example']), str_contains($connect('/open', ['Origin' => 'https://evil.example'])->answer->body, "origins: ['https://evil.example']")], [403, 403, 403, true]);
check('no handshake', [$status('/list', ['Sec-WebSocket-Version' => '8']), $connect('/list', ['Sec-WebSocket-Version' => '8'])->answer->header('sec-websocket-version'), $status('/list', ['Sec-WebSocket-Key' => 'x']), $status('/list', ['Upgrade' => 'h2c']), $server->request('POST', '/list')->status], [426, '13', 400, 426, 405]);
check('nothing is left', $server->get('/rooms')->body, '{"a":0}');
$c->close();
$full->close();
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: middleware comes first
ok: parameters are converted
ok: its headers are in the 101
ok: open()
ok: an object
ok: error() gets what is thrown
ok: also of the message
ok: also for what is no object
ok: a subprotocol
ok: rooms
ok: the request
ok: one after the other
ok: once
ok: what is wrong
ok: a ping
ok: throw
ok: forbidden
ok: exit
ok: behind what was sent
ok: the client closes
ok: close()
ok: in the log
ok: a number
ok: messages as they are
ok: as many as may be
ok: too long a message
ok: a list
ok: other pages
ok: no handshake
ok: nothing is left
ok: ends
