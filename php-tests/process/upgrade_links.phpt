--TEST--
An upgrade: releases in folders of their own, with a link to the current one, are followed anew, by its path and from within it
--TIMEOUT--
90
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\HttpClient;

$php = getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY;
$pidFile = temp_path('server.pid');
foreach (['one', 'two', 'three'] as $release) {
    mkdir(temp_path($release));
    file_put_contents(temp_path("{$release}/answer.php"), "<?php return '{$release}';");
    // The script is the same in each release: what it says comes from beside it.
    file_put_contents(temp_path("{$release}/server.php"), <<<PHP
        <?php
        exit(Highper\Application::create(__DIR__)
            ->settings(['workers' => 2, 'pid_file' => '{$pidFile}', 'max_wait_time' => 5])
            ->get('/', fn () => require __DIR__ . '/answer.php')
            ->get('/folder', fn () => basename(getcwd()))
            ->run([\$argv[0], ...array_slice(\$argv, 2)]));
        PHP);
}
$current = temp_path('current');
/** As deployments do: the link is another one from one moment to the next. */
$release = function (string $name) use ($current): void {
    symlink($name, "{$current}.new");
    rename("{$current}.new", $current);
};
$running = fn (int $pid): bool => ($stat = @file_get_contents("/proc/{$pid}/stat")) && !str_contains($stat, ') Z ');
register_shutdown_function(function () use ($pidFile) {
    ($left = (int) @file_get_contents($pidFile)) && posix_kill($left, SIGKILL);
});

/** Starts the server, `$ways` there and back, and upgrades it twice. `$script` as it is called from `$folder`. */
$try = function (string $way, string $folder, string $script) use ($php, $release, $running, $pidFile): void {
    $release('one');
    $port = free_port();
    $log = [['file', '/dev/null', 'r'], ['file', temp_path('log'), 'a'], ['file', temp_path('log'), 'a']];
    $command = fn (string ...$words) => proc_open(['/bin/sh', '-c', 'cd "$0" && exec "$@"', $folder, $php, $script, (string) $port, ...$words], $log, $pipes, null, ['PORT' => (string) $port] + getenv());
    $server = $command();
    $get = function (string $path) use ($port): ?string {
        try {
            return (new HttpClient($port))->request('GET', $path, '', ['Connection' => 'close'])->body;
        } catch (RuntimeException) {
            return null;
        }
    };
    wait_until(fn () => $get('/') === 'one' && (int) @file_get_contents($pidFile) > 0, "{$way}: the first release", 10);
    foreach (['two', 'three'] as $next) {
        $before = (int) file_get_contents($pidFile);
        $release($next);
        check("{$way}: a link alone changes nothing", $get('/') !== $next);
        $upgrade = $command('upgrade');
        wait_until(function () use ($upgrade, &$status) {
            return !($status = proc_get_status($upgrade))['running'];
        }, 'the command', 40);
        check("{$way}: an upgrade", $status['exitcode'], 0);
        check("{$way}: runs release {$next}", $get('/'), $next);
        wait_until(fn () => !$running($before), 'the end of the old release', 15);
    }
    $folder === temp_path('current') && check("{$way}: in its folder", $get('/folder'), 'three');
    posix_kill($last = (int) file_get_contents($pidFile), SIGTERM);
    wait_until(fn () => !$running($last), 'the end', 15);
    proc_close($server);
};
$try('by its path', '/', "{$current}/server.php");
$try('from within', $current, 'server.php');
?>
--EXPECT--
ok: by its path: a link alone changes nothing
ok: by its path: an upgrade
ok: by its path: runs release two
ok: by its path: a link alone changes nothing
ok: by its path: an upgrade
ok: by its path: runs release three
ok: from within: a link alone changes nothing
ok: from within: an upgrade
ok: from within: runs release two
ok: from within: a link alone changes nothing
ok: from within: an upgrade
ok: from within: runs release three
ok: from within: in its folder
