--TEST--
Programs that are killed while they take over, asked for twice, or told to end meanwhile: no request is lost, nothing is left
--TIMEOUT--
120
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

$pidFile = temp_path('server.pid');
$script = temp_path('server.php');
file_put_contents($script, <<<PHP
    <?php
    usleep(150_000);
    \$server = new Swoole\Http\Server('127.0.0.1', (int) \$argv[1]);
    \$server->set(['worker_num' => 2, 'pid_file' => '{$pidFile}', 'log_level' => SWOOLE_LOG_ERROR, 'max_wait_time' => 10]);
    \$server->on('request', fn (\$request, \$response) => \$response->end('here'));
    \$server->start();
    PHP);
$server = Server::start($script);
$pid = fn (): int => (int) @file_get_contents($pidFile);
register_shutdown_function(fn () => $pid() && posix_kill($pid(), SIGKILL));
$asked = 0;
$failed = [];
$ask = function () use ($server, &$asked, &$failed): void {
    $asked++;
    try {
        $server->get('/')->body === 'here' || $failed[] = 'another answer';
    } catch (RuntimeException $e) {
        $failed[] = $e->getMessage();
    }
};
/** The programs that are to take over from a process. */
$successors = function (int $of): array {
    $all = glob('/proc/[0-9]*/environ');
    $is = fn (string $file): bool => str_contains("\0" . @file_get_contents($file), "\0HIGHPER_UPGRADE={$of};") && str_starts_with((string) @file_get_contents(dirname($file) . '/comm'), 'php');
    return array_map(fn (string $file): int => (int) explode('/', $file)[2], array_filter($all, $is));
};
wait_until(function () use ($ask, $pid) { $ask(); return $pid(); }, 'the pid file');
for ($round = 0; $round < 8; $round++) {
    $now = $pid();
    posix_kill($now, 52);
    $found = wait_until(function () use ($successors, $now, $ask) { $ask(); return $successors($now); }, 'the new program');
    for ($end = microtime(true) + random_int(0, 80) / 1000; microtime(true) < $end; $ask());
    array_map(fn (int $killed) => posix_kill($killed, SIGKILL), $found);
    wait_until(function () use ($server, $round, $ask) { $ask(); return substr_count($server->log(), 'upgrade failed') > $round; }, 'that it is noticed');
    if ($pid() !== $now) {
        $failed[] = "round {$round}: one that was killed took over";
    }
}
check('killed on their way', $failed, []);
for ($round = 0; $round < 4; $round++) {
    $now = $pid();
    posix_kill($now, 52);
    posix_kill($now, 52);
    wait_until(function () use ($pid, $now, $ask) { $ask(); return $pid() && $pid() !== $now; }, 'another process', 15);
    wait_until(function () use ($now, $ask) { $ask(); return !($stat = @file_get_contents("/proc/{$now}/stat")) || str_contains($stat, ') Z '); }, 'the end of the one before', 15);
    if (count($successors($now)) > 3) {
        $failed[] = 'two have taken over';
    }
}
check('asked for twice', $failed, []);
check('requests meanwhile', $asked > 100);
$now = $pid();
posix_kill($now, 52);
wait_until(fn () => $successors($now), 'the new program');
posix_kill($now, SIGTERM);
wait_until(fn () => !($stat = @file_get_contents("/proc/{$now}/stat")) || str_contains($stat, ') Z '), 'the end', 15);
check('told to end meanwhile', [$successors($now), @stream_socket_client("tcp://127.0.0.1:{$server->port}")], [[], false]);
clearstatcache();
check('nothing is left', [is_file($pidFile), is_file("{$pidFile}.sock")], [false, false]);
--EXPECT--
ok: killed on their way
ok: asked for twice
ok: requests meanwhile
ok: told to end meanwhile
ok: nothing is left
