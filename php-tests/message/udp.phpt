--TEST--
Datagrams through routes and controllers: answers, silence, what is wrong
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience, wait_until};
use HighperTest\Server;

[$quiet, $telling] = [free_port(), free_port()];
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    require getenv('APP') . '/Stock.php';
    exit(Application::create(basePath: __DIR__)
        ->settings(['listen' => '127.0.0.1:' . getenv('PORT'), 'workers' => 1, 'log_level' => 'alert'])
        ->scan('App\\', getenv('APP'))
        ->map(['UDP'], '/large', fn () => str_repeat('x', 70_000))
        ->map(['UDP'], '/echo', fn (Highper\Http\Request $request) => $request->body())
        ->udp('127.0.0.1:' . getenv('QUIET'))
        ->udp('127.0.0.1:' . getenv('TELLING'), key: 'json:do', prefix: '/stock', errors: true)
        ->run([$argv[0]]));
    PHP, environment: ['QUIET' => (string) $quiet, 'TELLING' => (string) $telling, 'APP' => __DIR__ . '/app']);

$ask = function (int $port, string ...$messages): string {
    $socket = stream_socket_client("udp://127.0.0.1:{$port}");
    [$read, $write, $except] = [[$socket], null, null];
    foreach ($messages as $message) {
        fwrite($socket, $message);
    }

    stream_select($read, $write, $except, (int) ceil(patience(5))) || throw new RuntimeException('no answer');

    return (string) stream_socket_recvfrom($socket, 65536);
};
check('a route', $ask($quiet, 'stock/nails'), '{"item":"nails","count":5}');
check('what is wrong, or has no answer, is not answered', $ask($quiet, 'nowhere', '', 'stock/screws', 'stock/nails/lost', 'large', 'stock/nails'), '{"item":"nails","count":4}');
check('by JSON', $ask($telling, '{"do":"nails"}'), '{"item":"nails","count":4}');
check('told what is wrong', json_decode($ask($telling, '{"do":"screws"}'), true)['detail'], 'no screws here');
check('no JSON', json_decode($ask($telling, '{'), true)['status'], 400);
check('much', strlen($ask($quiet, 'echo ' . str_repeat('y', 60_000))), 60_000);
check('requests have their own routes', [$server->get('/stock/nails')->body, $server->request('UDP', '/stock/nails')->status], ['{"item":"nails","count":4}', 405]);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: a route
ok: what is wrong, or has no answer, is not answered
ok: by JSON
ok: told what is wrong
ok: no JSON
ok: much
ok: requests have their own routes
ok: exit code
