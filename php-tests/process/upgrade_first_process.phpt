--TEST--
An upgrade is refused where the server is the first process of a container, and changes nothing
--SKIPIF--
<?php
exec('unshare -U -r --pid --fork --mount-proc true 2>&1', $output, $code);
if ($code !== 0) { echo 'skip no namespaces for processes here'; }
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\HttpClient;

$port = free_port();
$php = getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY;
file_put_contents($script = temp_path('server.php'), <<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 1, 'pid_file' => __DIR__ . '/server.pid'])
        ->get('/', fn () => 'process ' . posix_getppid())
        ->run([$argv[0], ...array_slice($argv, 2)]));
    PHP);
$files = [['file', '/dev/null', 'r'], ['file', temp_path('log'), 'a'], ['file', temp_path('log'), 'a']];
$server = proc_open(['unshare', '-U', '-r', '--pid', '--fork', '--kill-child', '--mount-proc', $php, $script, (string) $port], $files, $pipes, null, ['PORT' => (string) $port] + getenv());
$outside = proc_get_status($server)['pid'];
register_shutdown_function(fn () => posix_kill($outside, SIGKILL));
$get = function () use ($port): ?string {
    try {
        return (new HttpClient($port))->request('GET', '/', '', ['Connection' => 'close'])->body;
    } catch (RuntimeException) {
        return null;
    }
};
check('it is the first process', wait_until($get, 'the server', 10), 'process 1');
// From outside it has another number.
$first = (int) trim((string) file_get_contents("/proc/{$outside}/task/{$outside}/children"));
$why = 'upgrade failed, this program serves on: the server is the first process of a container, which ends with it: replace the container';
posix_kill($first, 52);
check('the signal', (bool) wait_until(fn () => str_contains((string) file_get_contents(temp_path('log')), $why), 'the refusal'));
// The command runs in the container too.
exec(implode(' ', array_map(escapeshellarg(...), ['nsenter', '-t', (string) $first, '-U', '--preserve-credentials', '-m', '-p', $php, $script, (string) $port, 'upgrade'])) . ' 2>&1', $said, $code);
$said = implode(' ', $said);
check('the command', [$code, str_contains($said, 'the server is the first process of a container') ?: $said], [1, true]);
check('it serves on', $get(), 'process 1');
check('and was not begun anew', (int) trim((string) file_get_contents("/proc/{$outside}/task/{$outside}/children")), $first);
posix_kill($first, SIGTERM);
wait_until(fn () => !proc_get_status($server)['running'], 'its end', 10);
?>
--EXPECT--
ok: it is the first process
ok: the signal
ok: the command
ok: it serves on
ok: and was not begun anew
