--TEST--
At max_wait_time what still runs is cancelled where it waits: finally runs; the socket is closed at once
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{HttpClient, Server, TcpClient};

$swoole = <<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(json_decode($argv[2], true) + ['worker_num' => 2, 'max_wait_time' => 1]);
    $http->on('workerStart', function () {
        go(function () { try { while (true) { Co::sleep(0.01); } } finally { file_put_contents($GLOBALS['argv'][3], "background finally\n", FILE_APPEND); } });
    });
    $http->on('workerStop', fn () => file_put_contents($argv[3], "worker stop\n", FILE_APPEND));
    $http->on('request', function ($q, $r) use ($argv) {
        $how = $q->get['how'] ?? '';
        if ($how === '') { return $r->end('hello'); }
        try {
            match ($how) {
                'hooked' => sleep(60),
                'waiting' => (new Co\Channel)->pop(),
                'short' => Co::sleep(0.5),
                'hard' => (function () { while (true) { try { Co::sleep(60); } catch (Throwable) {} } })(),
            };
            $r->end($how);
        } finally {
            Co::sleep(0.1);
            file_put_contents($argv[3], "{$how} finally\n", FILE_APPEND);
        }
    });
    $http->start();
    PHP;
$application = <<<'PHP'
    <?php
    use Highper\Http\Request;
    $app = Highper\Application::create(__DIR__)->settings(['max_wait_time' => 1] + json_decode($argv[2], true))->settings(['workers' => 2]);
    $app->onStart(function () use ($argv) {
        Swoole\Coroutine::create(function () use ($argv) { try { while (true) { usleep(10_000); } } finally { file_put_contents($argv[3], "background finally\n", FILE_APPEND); } });
    });
    $app->get('/', function (Request $r) use ($argv) {
        $how = $r->query('how', '');
        if ($how === '') { return 'hello'; }
        try {
            match ($how) {
                'hooked' => sleep(60),
                'waiting' => (new Swoole\Coroutine\Channel)->pop(),
                'short' => usleep(500_000),
                'hard' => (function () { while (true) { try { usleep(60_000_000); } catch (Throwable) {} } })(),
            };
            return $how;
        } finally {
            usleep(100_000);
            file_put_contents($argv[3], "{$how} finally\n", FILE_APPEND);
        }
    });
    exit($app->run([$argv[0]]));
    PHP;
// With a socket for each worker the address is bound anew at the start: a connection that was faster is reset.
$answers = fn (Server $server) => wait_until(function () use ($server) {
    try { return $server->get('/')->body; } catch (RuntimeException) { return false; }
}, 'an answer');
foreach (['Swoole\Http\Server' => [$swoole, [[], ['enable_reuse_port' => true]]], 'Application' => [$application, [[], ['reuse_port' => true]]]] as $face => [$code, $settings]) {
    foreach ($settings as $number => $setting) {
        echo "{$face} " . json_encode($setting) . "\n";
        $notes = temp_path("notes-{$number}-" . strlen($face));
        $server = Server::start($code, [json_encode((object) $setting), $notes]);
        $answers($server);
        $clients = [];
        foreach (['hooked', 'waiting', 'short'] as $how) {
            $clients[$how] = new HttpClient($server->port);
            $clients[$how]->send('GET', "/?how={$how}");
        }
        usleep(200_000);
        $start = microtime(true);
        $server->signal(SIGTERM ?? 15);
        $refused = wait_until(function () use ($server) {
            $socket = @stream_socket_client("tcp://127.0.0.1:{$server->port}", $code, $message, 1.0);
            return $socket === false && $message === 'Connection refused' ? $message : false;
        }, 'refused');
        check('refused', [$refused, microtime(true) - $start < 0.3], ['Connection refused', true]);
        // A new instance has the port while the old one still ends.
        $next = Server::start($code, [json_encode((object) $setting), "{$notes}-next"], port: $server->port, environment: ['TMPDIR' => temp_path("next-{$number}")] + (@mkdir(temp_path("next-{$number}")) ? [] : []));
        check('a new instance listens while the old one ends', [$server->isRunning(), microtime(true) - $start < 0.9, $answers($next)], [true, true, 'hello']);
        check('what ends in time is answered', $clients['short']->receive()->body, 'short');
        $code_ = $server->waitForEnd();
        $took = microtime(true) - $start;
        check('exit code', $code_, 0);
        check('within max_wait_time and a little', $took > 0.95 && $took < 1.9 ?: $took);
        $lines = file($notes, FILE_IGNORE_NEW_LINES);
        sort($lines);
        echo implode(', ', $lines), "\n";
        check('said so', str_contains($server->log(), 'max_wait_time is over'));
        check('which is no fatal error', preg_match('/Fatal|Uncaught/', $server->log(), $match) ? $match[0] : 'none', 'none');
        $c = new HttpClient($next->port);
        $c->send('GET', '/?how=hard');
        usleep(100_000);
        $start = microtime(true);
        check('one that does not let go is cut off', [$next->stop(), microtime(true) - $start < 3.5], [0, true]);
    }
}
?>
--EXPECT--
Swoole\Http\Server []
ok: refused
ok: a new instance listens while the old one ends
ok: what ends in time is answered
ok: exit code
ok: within max_wait_time and a little
background finally, background finally, hooked finally, short finally, waiting finally, worker stop, worker stop
ok: said so
ok: which is no fatal error
ok: one that does not let go is cut off
Swoole\Http\Server {"enable_reuse_port":true}
ok: refused
ok: a new instance listens while the old one ends
ok: what ends in time is answered
ok: exit code
ok: within max_wait_time and a little
background finally, background finally, hooked finally, short finally, waiting finally, worker stop, worker stop
ok: said so
ok: which is no fatal error
ok: one that does not let go is cut off
Application []
ok: refused
ok: a new instance listens while the old one ends
ok: what ends in time is answered
ok: exit code
ok: within max_wait_time and a little
background finally, background finally, hooked finally, short finally, waiting finally
ok: said so
ok: which is no fatal error
ok: one that does not let go is cut off
Application {"reuse_port":true}
ok: refused
ok: a new instance listens while the old one ends
ok: what ends in time is answered
ok: exit code
ok: within max_wait_time and a little
background finally, background finally, hooked finally, short finally, waiting finally
ok: said so
ok: which is no fatal error
ok: one that does not let go is cut off
