--TEST--
Waiting for a child lets others run: proc_close(), pclose(), exec(), system(), passthru(), shell_exec(), pcntl_waitpid(), pcntl_wait()
--EXTENSIONS--
highper
pcntl
posix
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

/** Children that close their output at once, and end after 0.15 s. */
const QUIET = 'exec >&- 2>&-; sleep 0.15; exit 7';

/** Runs $body sixteen times side by side, with a clock beside; what it gave each time. */
function many(string $name, mixed $wanted, callable $body, float $least = 0.15): void
{
    $results = [];
    $ticks = 0;
    $start = microtime(true);
    for ($i = 0; $i < 16; $i++) {
        go(static function () use ($body, &$results) { $results[] = $body(); });
    }
    while (count($results) < 16 && microtime(true) - $start < 8) {
        usleep(2_000);
        $ticks++;
    }
    $time = microtime(true) - $start;
    check($name, [array_unique($results, SORT_REGULAR), $time >= $least, $time < 2.0 ?: $time, $ticks > 10 ?: $ticks], [[$wanted], true, true, true]);
}
function forked(): int
{
    $pid = pcntl_fork();
    if ($pid === 0) {
        pcntl_exec('/bin/sh', ['-c', QUIET]);
    }
    return $pid;
}

run(static function () {
    many('proc_close()', 7, static fn () => proc_close(proc_open(QUIET, [], $pipes)));
    many('pclose()', 7, static fn () => pclose(popen(QUIET, 'r')));
    many('pclose() of one that is written to', 7, static function () {
        $pipe = popen('cat >/dev/null; sleep 0.15; exit 7', 'w');
        fwrite($pipe, 'words');
        return pclose($pipe);
    });
    many('exec()', 7, static function () { exec(QUIET, $lines, $code); return $code; });
    many('system()', 7, static function () { system(QUIET, $code); return $code; });
    many('passthru()', 7, static function () { passthru(QUIET, $code); return $code; });
    many('shell_exec()', "said\n", static fn () => shell_exec('echo said; exec >&-; sleep 0.15'));
    $pids = array_map(forked(...), range(0, 15));
    many('pcntl_waitpid()', 7, static function () use (&$pids) {
        pcntl_waitpid(array_pop($pids), $status);
        return pcntl_wexitstatus($status);
    }, 0.0); // They have begun before.
    array_map(forked(...), range(0, 15));
    many('pcntl_wait()', 7, static function () { pcntl_wait($status); return pcntl_wexitstatus($status); }, 0.0);
    check('no child', [pcntl_waitpid(-1, $status), pcntl_get_last_error()], [-1, 10]);
    check('WNOHANG', [pcntl_waitpid(forked(), $status, WNOHANG), pcntl_wait($status) > 0], [0, true]);

    // Whoever waits for any child does not get the one of proc_close().
    $any = null;
    go(static function () use (&$any) { $any = Swoole\Coroutine\System::wait(0.3); });
    check('its own child', proc_close(proc_open(QUIET, [], $pipes)), 7);
    while ($any === null) { usleep(1_000); }
    check('none for the other', $any, false);

    // A handler of SIGCHLD runs as ever.
    pcntl_async_signals(true);
    pcntl_signal(SIGCHLD, static function () use (&$told) { $told = true; });
    check('with a handler', [pclose(popen(QUIET, 'r')), $told], [7, true]);
    pcntl_signal(SIGCHLD, SIG_DFL);

    // The child is killed while it is waited for.
    $process = proc_open('exec sleep 30', [], $pipes);
    $pid = proc_get_status($process)['pid'];
    go(static function () use ($pid) { usleep(20_000); posix_kill($pid, SIGKILL); });
    $start = microtime(true);
    proc_close($process);
    check('killed', microtime(true) - $start < 5);

    // Cancelled: it waits no longer. The child is collected by somebody else.
    $process = proc_open('sleep 0.2', [], $pipes);
    $pid = proc_get_status($process)['pid'];
    $waiter = go(static function () use ($pid, &$cancelled) { $cancelled = [pcntl_waitpid($pid, $status), pcntl_get_last_error()]; });
    Swoole\Coroutine::cancel($waiter);
    check('cancelled', $cancelled, [-1, 125]);
    proc_close($process);

    // Pipes of popen() don't leak into other children: both would wait for each other.
    $one = popen('cat >/dev/null', 'w');
    $two = popen('cat >/dev/null', 'w');
    check('no copies', [pclose($one), pclose($two)], [0, 0]);
    check('no shell', @pclose(popen('/nowhere 2>/dev/null', 'r')), 127);
    // fclose() of it is pclose().
    $pipe = popen('exec >&-; sleep 0.1', 'r');
    fclose($pipe);
    check('nobody is left', pcntl_waitpid(-1, $status, WNOHANG), -1);
});
// Begun inside, ended outside, and the other way round.
run(static function () { $GLOBALS['pipe'] = popen('exit 5', 'r'); });
check('ended outside', pclose($pipe), 5);
$outside = popen('exit 6', 'r');
run(static function () use ($outside) { check('begun outside', pclose($outside), 6); });
?>
--EXPECT--
ok: proc_close()
ok: pclose()
ok: pclose() of one that is written to
ok: exec()
ok: system()
ok: passthru()
ok: shell_exec()
ok: pcntl_waitpid()
ok: pcntl_wait()
ok: no child
ok: WNOHANG
ok: its own child
ok: none for the other
ok: with a handler
ok: killed
ok: cancelled
ok: no copies
ok: no shell
ok: nobody is left
ok: ended outside
ok: begun outside
