--TEST--
Messages of TCP through routes, filters and controllers: frames, keys, bodies, order, what is wrong, ends
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path};
use HighperTest\{Server, TcpClient};

$ports = array_map(fn () => free_port(), array_flip(['word', 'json', 'u32', 'closure', 'nul']));
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    $ports = json_decode(getenv('PORTS'), true);
    require getenv('APP') . '/Stock.php';
    $app = Application::create(basePath: __DIR__)
        ->settings(['listen' => '127.0.0.1:' . getenv('PORT'), 'workers' => 1, 'log_level' => 'alert'])
        ->scan('App\\', getenv('APP'))
        ->map(['TCP', 'GET'], '/both/{name}', fn (string $name) => "hello {$name}")
        ->map(['TCP'], '/echo', fn (Highper\Http\Request $request) => $request->body())
        ->map(['TCP'], '/silent', function () {})
        ->get('/seen', fn () => App\Gate::$seen)
        ->tcp('127.0.0.1:' . $ports['word'])
        ->tcp('127.0.0.1:' . $ports['json'], key: 'json:do', prefix: 'stock', maxMessage: 1000)
        ->tcp('127.0.0.1:' . $ports['u32'], framing: 'u32', maxMessage: '4M')
        ->tcp('127.0.0.1:' . $ports['nul'], framing: 'nul', errors: false)
        ->tcp('127.0.0.1:' . $ports['closure'], key: function (string $message) {
            return match ($message[0]) {
                'e' => ['/echo', substr($message, 1)],
                'n' => '/stock/nails',
                't' => throw new Exception('thrown by the key'),
                'w' => 12,
                default => null,
            };
        });
    exit($app->run([$argv[0]]));
    PHP, environment: ['PORTS' => json_encode($ports), 'APP' => __DIR__ . '/app']);

$talk = function (TcpClient $client, string ...$lines): array {
    $client->send(implode("\n", $lines) . "\n");

    return array_map(fn () => $client->readLine(), $lines);
};
$c = new TcpClient($ports['word']);
$problem = fn (string $line) => ($all = json_decode($line, true)) ? [$all['status'], $all['detail'] ?? $all['title']] : $line;
check('a route of a controller', $talk($c, 'stock/nails'), ['{"item":"nails","count":5}']);
check('one for requests too', [$talk($c, '/both/you'), $server->get('/both/you')->body, $server->get('/stock/nails')->body], [['hello you'], 'hello you', '{"item":"nails","count":5}']);
check('a body into an object', json_decode($talk($c, 'stock/nails/add {"by": 3}')[0], true), ['count' => 8, 'by' => 'TCP', 'ip' => '127.0.0.1', 'reason' => 'none']);
check('a body that does not fit', json_decode($talk($c, 'stock/nails/add {"by": 300}')[0], true)['errors'] ?? null, ['by' => ['must be from 1 to 100']]);
check('a query', $talk($c, 'stock/page?page=7'), ['page 7']);
check('a query of the wrong type', $problem($talk($c, 'stock/page?page=x')[0])[0], 400);
check('any bytes', $talk($c, "stock/raw a b\tc \x80?"), ["A B\tC \x80?"]);
check('carriage returns', $talk($c, "stock/raw abc\r"), ['ABC']);
check('no route', $problem($talk($c, 'nowhere')[0]), [404, 'Not Found']);
check('a route of requests only', $problem($talk($c, 'seen')[0])[0], 404);
check('methods are no routes for requests', [$server->request('TCP', '/both/you')->status, $server->request('TCP', '/stock/raw')->status], [405, 405]);
check('a controller that throws', $problem($talk($c, 'stock/screws')[0]), [404, 'no screws here']);
check('a secret', $problem($talk($c, 'stock/throws')[0]), [500, 'Internal Server Error']);
check('a middleware', $problem($talk($c, 'stock/nails?secret=wrong')[0]), [403, 'not you']);
check('it has seen them all', (int) $server->get('/seen')->body > 8);
check('no first word', $problem($talk($c, ' stock/nails')[0]), [400, 'The message has no first word.']);
check('in their order', $talk($c, ...array_map(fn ($n) => "stock/slow/{$n}", range(1, 4))), ['slow 1', 'slow 2', 'slow 3', 'slow 4']);
$many = array_map(fn ($n) => "both/{$n}", range(1, 500));
check('500 at once', $talk($c, ...$many), array_map(fn ($n) => "hello {$n}", range(1, 500)));
$c->send("silent\n\n\nboth/me\n");
check('nothing, and empty lines', $c->readLine(), 'hello me');
check('lines in a line', $problem($talk($c, 'stock/lines')[0]), [500, 'Internal Server Error']);
check('a generator', $talk($c, 'stock/generated'), ['one,two']);
check('an answer that is too long', $problem($talk($c, 'stock/large')[0]), [500, 'The answer was not completed, or has more than 1048576 bytes.']);
foreach (str_split("both/bytewise\n") as $byte) {
    $c->send($byte);
}
check('byte by byte', $c->readLine(), 'hello bytewise');
$half = new TcpClient($ports['word']);
$half->send("stock/slow/1\nboth/end\n");
$half->shutdownWrite();
check('who ends its side is answered', $half->readAll(), "slow 1\nhello end\n");
$gone = new TcpClient($ports['word']);
$gone->send("stock/slow/0\nstock/slow/0\n");
$gone->reset();

$json = new TcpClient($ports['json']);
check('a field of JSON, below a prefix', $talk($json, '{"do":"nails"}'), ['{"item":"nails","count":8}']);
check('all of it is the body', json_decode($talk($json, '{"do":"nails/add","by":1,"reason":"why not"}')[0], true), ['count' => 9, 'by' => 'TCP', 'ip' => '127.0.0.1', 'reason' => 'why not']);
check('no such field', $problem($talk($json, '{"by":1}')[0]), [400, "The message has no field 'do'."]);
check('no JSON', $problem($talk($json, '{')[0])[0], 400);
check('a way up', $problem($talk($json, '{"do":"../both/you"}')[0])[0], 404);
$json->send('{"do":"' . str_repeat('x', 2000) . "\"}\n");
check('a message that is too long', [$problem($json->readLine()), $json->isClosedWithin(5)], [[400, 'The message is too long.'], true]);

$binary = new TcpClient($ports['u32']);
$send = function (string $message) use ($binary): string {
    $binary->send(pack('N', strlen($message)) . $message);

    return $binary->read(unpack('N', $binary->read(4))[1]);
};
check('lengths', $send('stock/nails'), '{"item":"nails","count":9}');
check('lines in it', $send('stock/lines'), "two\nlines");
check('large', strlen($send('stock/large')), 3 << 20);
$body = random_bytes(3 << 20);
check('much there and back', $send("echo {$body}") === $body);
$binary->send(pack('N', 0x7fffffff));
check('a length that is too long', [$problem($binary->read(unpack('N', $binary->read(4))[1]))[0], $binary->isClosedWithin(5)], [400, true]);

$nul = new TcpClient($ports['nul']);
$nul->send("nowhere\0stock/throws\0both/nul\0");
check('errors are not told', $nul->readUntil("\0"), "hello nul\0");
$closure = new TcpClient($ports['closure']);
check('a closure for keys', $talk($closure, 'exyz', 'n'), ['xyz', '{"item":"nails","count":9}']);
check('for nothing', $problem($talk($closure, 'x')[0]), [400, 'The message is for nothing that is known here.']);
check('it throws, it returns nonsense', [$problem($talk($closure, 't')[0])[0], $problem($talk($closure, 'w')[0])[0]], [400, 400]);
check('the server lives', $talk($c, 'stock/nails'), ['{"item":"nails","count":9}']);
foreach ([$c, $nul, $closure] as $client) {
    $client->close();
}
check('exit code', $server->stop(), 0);
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){40}ok: exit code\s*\Z
