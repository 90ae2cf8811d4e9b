--TEST--
Application: the command `coroutines` says what each coroutine of the workers does, under load, also of a busy worker; Highper\inspect()
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$script = <<<'PHP'
    <?php
    function wait_long(): string { usleep(900_000); return 'waited'; }
    function burn(): string { $end = hrtime(true) + 900_000_000; while (hrtime(true) < $end) {} return 'burnt'; }
    exit(Highper\Application::create(__DIR__)
        ->settings(['time_accounting' => true])
        ->get('/fast', fn () => (string) getmypid())
        ->get('/waits/{id}', fn (int $id) => wait_long())
        ->get('/reads', function () {
            [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            Highper\async(function () use ($b) { usleep(900_000); fwrite($b, 'x'); });
            return fread($a, 1);
        })
        ->get('/burns', fn () => burn())
        ->run([$argv[0], ...array_slice($argv, 2)]));
    PHP;
$server = Server::start($script, ['--workers', '1']);
$command = function () use ($server, $script): array {
    $start = microtime(true);
    $asked = Server::start($script, ['coroutines'], wait: false, port: $server->port);
    return [$asked->waitForEnd(), $asked->log(), microtime(true) - $start];
};
$worker = (int) $server->get('/fast')->body;
[$code, $text] = $command();
check('idle', [$code, (bool) preg_match("/^worker 0, process $worker: 0 coroutines$/m", $text)], [0, true]);

// Twenty that wait, one that reads, and a client that asks without a pause.
$waiting = [];
for ($i = 0; $i < 20; $i++) {
    $waiting[$i] = new HttpClient($server->port);
    $waiting[$i]->send('GET', "/waits/$i");
}
($reading = new HttpClient($server->port))->send('GET', '/reads');
$load = stream_socket_client("tcp://127.0.0.1:$server->port");
for ($i = 0; $i < 2000; $i++) {
    fwrite($load, "GET /fast HTTP/1.1\r\nHost: x\r\n\r\n");
    fread($load, 8192);
    if ($i === 1000) {
        [$code, $text, $seconds] = $command();
    }
}
check('under load', [$code, $seconds < 2], [0, true]);
check('each', preg_match_all('~  coroutine \d+ waits for a timer since [\d.]+ m?s, made [\d.]+ m?s ago, on CPU [\d.]+ ms, waited [\d.]+ m?s, was ready [\d.]+ m?s, answers GET /waits/\d+ HTTP/1.1\n    #0 \S+\(2\): usleep\(\)\n    #1 \S+\(7\): wait_long\(\)~', $text), 20);
check('a descriptor', preg_match('~coroutine (\d+) waits for descriptor \d+ to be readable .*answers GET /reads HTTP/1.1\n    #0 \S+\(11\): fread\(\)~', $text, $found), 1);
check('whose child', preg_match("~waits for a timer .* ago by $found[1],~", $text), 1);
check('by a function', str_contains(Highper\inspect($worker), 'answers GET /reads'), true);
check('all are answered', [count(array_filter($waiting, fn ($client) => $client->receive()->body === 'waited')), $reading->receive()->body], [20, 'x']);

($busy = new HttpClient($server->port))->send('GET', '/burns');
usleep(100_000);
[$code, $text, $seconds] = $command();
check('busy', [$code, $seconds < 2, (bool) preg_match('~busy, its loop has not turned for 0.5 s or more.*\n  what runs, at \S+:3\n(    #0 \S+\(3\): hrtime\(\)\n)?    #\d \S+\(13\): burn\(\)\n~', $text)], [0, true, true]);
check('goes on', $busy->receive()->body, 'burnt');
try {
    Highper\inspect(getmypid());
} catch (Exception $exception) {
    check('no worker', $exception->getMessage(), 'process ' . getmypid() . ' does not tell of its coroutines: Connection refused (os error 111)');
}
unset($waiting, $reading, $busy, $load);
check('exit code', $server->stop(), 0);
[$code, $text] = $command();
check('none runs', [$code, str_contains($text, 'highper: ')], [1, true]);

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($request, $response) { if ($request->server['request_uri'] === '/waits') { Co::sleep(0.5); } $response->end((string) getmypid()); });
    $http->start();
    PHP);
$worker = (int) $server->get('/')->body;
($waiting = new HttpClient($server->port))->send('GET', '/waits');
wait_until(fn () => preg_match('~^1 coroutines\n  coroutine \d+ waits for a timer since .*, answers GET /waits HTTP/1.1\n    #0 \S+\(4\): Swoole.Coroutine::sleep\(\)\n~', Highper\inspect($worker)), 'the coroutine that waits');
check('a server on the Swoole API', $waiting->receive()->body, (string) $worker);
unset($waiting);
check('its exit code', $server->stop(), 0);
?>
--EXPECT--
ok: idle
ok: under load
ok: each
ok: a descriptor
ok: whose child
ok: by a function
ok: all are answered
ok: busy
ok: goes on
ok: no worker
ok: exit code
ok: none runs
ok: a server on the Swoole API
ok: its exit code
