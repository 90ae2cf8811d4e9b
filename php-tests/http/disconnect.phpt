--TEST--
Clients that go: seen by the handler, cancelling it when asked; a half-closed client is still there
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server, TcpClient};

$application = <<<'PHP'
    <?php
    use Highper\Http\Request;
    $log = [];
    $app = Highper\Application::create(__DIR__)->settings(['workers' => 1, 'access_log' => false] + json_decode($argv[2] ?? '{}', true));
    $app->get('/wait', function (Request $r) use (&$log) {
        $log[] = 'begun';
        try {
            match ($r->query('how')) {
                'sleep' => usleep(600_000),
                'channel' => (new Swoole\Coroutine\Channel)->pop(0.6),
                'co' => Swoole\Coroutine::sleep(0.6),
                'stream' => (function () { [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0); stream_set_timeout($a, 0, 600_000); fread($a, 1); })(),
                'ask' => (function () use ($r, &$log) { $end = microtime(true) + 0.6; while ($r->isConnected() && microtime(true) < $end) { usleep(5_000); } $log[] = microtime(true) < $end ? 'gone' : 'there'; })(),
            };
            $log[] = 'waited';
            return 'answer';
        } catch (Throwable $e) {
            $log[] = $e::class;
            throw $e;
        } finally {
            usleep(1000);
            $log[] = 'finally';
        }
    });
    $app->get('/log', function () use (&$log) { $all = $log; $log = []; return $all; });
    exit($app->run([$argv[0]]));
    PHP;
$swoole = <<<'PHP'
    <?php
    $log = [];
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1] + json_decode($argv[2] ?? '{}', true));
    $http->on('request', function ($q, $r) use (&$log) {
        if ($q->server['path_info'] === '/log') { $all = $log; $log = []; return $r->end(json_encode($all)); }
        $log[] = 'begun';
        try {
            match ($q->get['how']) {
                'sleep' => usleep(600_000),
                'channel' => (new Swoole\Coroutine\Channel)->pop(0.6),
                'co' => Co::sleep(0.6),
                'stream' => (function () { [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0); stream_set_timeout($a, 0, 600_000); fread($a, 1); })(),
                'ask' => (function () use ($r, &$log) { $end = microtime(true) + 0.6; while ($r->isWritable() && microtime(true) < $end) { usleep(5_000); } $log[] = microtime(true) < $end ? 'gone' : 'there'; })(),
            };
            $log[] = 'waited';
            @$r->end('answer');
        } catch (Throwable $e) {
            $log[] = $e::class;
        } finally {
            usleep(1000);
            $log[] = 'finally';
        }
    });
    $http->start();
    PHP;
$send = function (Server $server, string $how, string $version = '1.1'): TcpClient {
    $c = new TcpClient($server->port);
    $c->send("GET /wait?how={$how} HTTP/{$version}\r\nHost: x\r\n\r\n");
    usleep(50_000);
    return $c;
};
$ways = [
    'closes' => fn (TcpClient $c) => $c->close(),
    'resets' => fn (TcpClient $c) => $c->reset(),
];
foreach (['Application' => $application, 'Swoole\Http\Server' => $swoole] as $face => $code) {
    $exception = $face === 'Application' ? 'Highper\Http\Disconnected' : 'Swoole\Coroutine\CanceledException';
    foreach ([false, true] as $cancels) {
        $server = Server::start($code, [json_encode(['cancel_on_disconnect' => $cancels])]);
        $log = function () use ($server): array {
            $all = [];
            wait_until(function () use ($server, &$all) { $all = [...$all, ...$server->get('/log')->json()]; return end($all) === 'finally'; }, 'the end of the handler');
            return $all;
        };
        foreach ($ways as $way => $go) {
            foreach (['sleep', 'channel', 'co', 'stream'] as $how) {
                $start = microtime(true);
                $go($send($server, $how));
                $wanted = $cancels ? ['begun', $exception, 'finally'] : ['begun', 'waited', 'finally'];
                check("{$face}: client {$way} during {$how}" . ($cancels ? ', cancelled' : ''), $log(), $wanted);
                check('in time', (microtime(true) - $start < 0.5) === $cancels);
            }
            if (!$cancels) {
                $go($send($server, 'ask'));
                check("{$face}: client {$way}, seen", $log(), ['begun', 'gone', 'waited', 'finally']);
            }
        }
        foreach (['1.1', '1.0'] as $version) {
            $c = $send($server, 'sleep', $version);
            $c->shutdownWrite();
            $all = $c->readAll();
            check("{$face}: half-closed client of HTTP/{$version} gets its answer", str_ends_with($all, "\r\n\r\nanswer") ?: $all);
            check('asked whether it is there', str_starts_with($all, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK"), $cancels && $version === '1.1');
            check('not cancelled', $log(), ['begun', 'waited', 'finally']);
        }
        $c = $send($server, 'ask');
        $c->shutdownWrite();
        check("{$face}: half-closed client, asked after", [str_ends_with($c->readAll(), 'answer'), $log()], [true, ['begun', 'there', 'waited', 'finally']]);
        check('exit code', $server->stop(), 0);
    }
}
?>
--EXPECT--
ok: Application: client closes during sleep
ok: in time
ok: Application: client closes during channel
ok: in time
ok: Application: client closes during co
ok: in time
ok: Application: client closes during stream
ok: in time
ok: Application: client closes, seen
ok: Application: client resets during sleep
ok: in time
ok: Application: client resets during channel
ok: in time
ok: Application: client resets during co
ok: in time
ok: Application: client resets during stream
ok: in time
ok: Application: client resets, seen
ok: Application: half-closed client of HTTP/1.1 gets its answer
ok: asked whether it is there
ok: not cancelled
ok: Application: half-closed client of HTTP/1.0 gets its answer
ok: asked whether it is there
ok: not cancelled
ok: Application: half-closed client, asked after
ok: exit code
ok: Application: client closes during sleep, cancelled
ok: in time
ok: Application: client closes during channel, cancelled
ok: in time
ok: Application: client closes during co, cancelled
ok: in time
ok: Application: client closes during stream, cancelled
ok: in time
ok: Application: client resets during sleep, cancelled
ok: in time
ok: Application: client resets during channel, cancelled
ok: in time
ok: Application: client resets during co, cancelled
ok: in time
ok: Application: client resets during stream, cancelled
ok: in time
ok: Application: half-closed client of HTTP/1.1 gets its answer
ok: asked whether it is there
ok: not cancelled
ok: Application: half-closed client of HTTP/1.0 gets its answer
ok: asked whether it is there
ok: not cancelled
ok: Application: half-closed client, asked after
ok: exit code
ok: Swoole\Http\Server: client closes during sleep
ok: in time
ok: Swoole\Http\Server: client closes during channel
ok: in time
ok: Swoole\Http\Server: client closes during co
ok: in time
ok: Swoole\Http\Server: client closes during stream
ok: in time
ok: Swoole\Http\Server: client closes, seen
ok: Swoole\Http\Server: client resets during sleep
ok: in time
ok: Swoole\Http\Server: client resets during channel
ok: in time
ok: Swoole\Http\Server: client resets during co
ok: in time
ok: Swoole\Http\Server: client resets during stream
ok: in time
ok: Swoole\Http\Server: client resets, seen
ok: Swoole\Http\Server: half-closed client of HTTP/1.1 gets its answer
ok: asked whether it is there
ok: not cancelled
ok: Swoole\Http\Server: half-closed client of HTTP/1.0 gets its answer
ok: asked whether it is there
ok: not cancelled
ok: Swoole\Http\Server: half-closed client, asked after
ok: exit code
ok: Swoole\Http\Server: client closes during sleep, cancelled
ok: in time
ok: Swoole\Http\Server: client closes during channel, cancelled
ok: in time
ok: Swoole\Http\Server: client closes during co, cancelled
ok: in time
ok: Swoole\Http\Server: client closes during stream, cancelled
ok: in time
ok: Swoole\Http\Server: client resets during sleep, cancelled
ok: in time
ok: Swoole\Http\Server: client resets during channel, cancelled
ok: in time
ok: Swoole\Http\Server: client resets during co, cancelled
ok: in time
ok: Swoole\Http\Server: client resets during stream, cancelled
ok: in time
ok: Swoole\Http\Server: half-closed client of HTTP/1.1 gets its answer
ok: asked whether it is there
ok: not cancelled
ok: Swoole\Http\Server: half-closed client of HTTP/1.0 gets its answer
ok: asked whether it is there
ok: not cancelled
ok: Swoole\Http\Server: half-closed client, asked after
ok: exit code
