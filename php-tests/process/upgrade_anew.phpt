--TEST--
An upgrade: what workers shared in memory begins anew, WebSocket connections are told to come again, one that is asked for during the start comes after it
--TIMEOUT--
90
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{Server, WebSocketClient};

$pidFile = temp_path('server.pid');
file_put_contents($script = temp_path('server.php'), <<<PHP
    <?php
    \$seen = new Swoole\Atomic(1);
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 2, 'pid_file' => '{$pidFile}', 'max_wait_time' => 5])
        ->onStart(function () { while (is_file(__DIR__ . '/wait')) { usleep(5_000); clearstatcache(); } })
        ->get('/', fn () => (string) \$seen->add(1))
        ->websocket('/ws', fn (Highper\WebSocket\Connection \$c) => \$c->send('heard'))
        ->run([\$argv[0]]));
    PHP);
register_shutdown_function(function () use ($pidFile) {
    ($left = (int) @file_get_contents($pidFile)) && posix_kill($left, SIGKILL);
});
$running = fn (int $pid): bool => ($stat = @file_get_contents("/proc/{$pid}/stat")) && !str_contains($stat, ') Z ');
$server = Server::start($script);
$get = fn () => (int) $server->get('/')->body;
check('shared by the workers', [$get(), $get(), $get()], [2, 3, 4]);
$c = new WebSocketClient($server->port, '/ws', timeout: 15.0);
$c->send('x');
check('a WebSocket connection', $c->receive(), 'heard');
$server->signal(52);
$frame = $c->frameIn();
check('is told to come again', [$frame[0], unpack('n', $frame[1])[1]], [8, 1001]);
$second = wait_until(fn () => ($pid = (int) @file_get_contents($pidFile)) !== $server->pid ? $pid : 0, 'another process', 20);
$server->waitForEnd(20);
check('begins anew', [$get(), $get()], [2, 3]);

// A server that has not started: the upgrade waits for that.
posix_kill($second, SIGTERM);
wait_until(fn () => !$running($second), 'the end of the second', 15);
$children = fn (int $pid): int => count(preg_split('/\s+/', trim((string) @file_get_contents("/proc/{$pid}/task/{$pid}/children")), -1, PREG_SPLIT_NO_EMPTY));
touch(temp_path('wait'));
$server = Server::start($script, wait: false);
wait_until(fn () => is_file($pidFile) && $children($server->pid) === 2, 'two workers that are not ready', 15);
$server->signal(52);
// Who has told its status twice has looked at its signals in between.
$status = escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . ' ' . escapeshellarg($script) . ' status 2>&1';
check('while it starts', [str_contains(shell_exec($status) . shell_exec($status), (string) $server->pid), $children($server->pid)], [true, 2]);
unlink(temp_path('wait'));
$third = wait_until(fn () => ($pid = (int) @file_get_contents($pidFile)) !== $server->pid ? $pid : 0, 'another process', 30);
check('then it comes', [$server->waitForEnd(20), $server->get('/')->body], [0, '2']);
posix_kill($third, SIGTERM);
wait_until(fn () => !$running($third), 'the end', 15);
?>
--EXPECT--
ok: shared by the workers
ok: a WebSocket connection
ok: is told to come again
ok: begins anew
ok: while it starts
ok: then it comes
