--TEST--
pcntl_sigwaitinfo() and pcntl_sigtimedwait() let others run
--EXTENSIONS--
highper
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

run(static function () {
    pcntl_sigprocmask(SIG_BLOCK, [SIGUSR1, SIGUSR2]);
    $ticks = 0;
    $over = false;
    go(static function () use (&$ticks, &$over) { while (! $over) { usleep(1_000); $ticks++; } });
    // Comes when others have run, and never if they don't.
    go(static function () use (&$ticks) { while ($ticks <= 5) { usleep(1_000); } posix_kill(getmypid(), SIGUSR1); });
    check('it comes', [pcntl_sigwaitinfo([SIGUSR1, SIGUSR2], $info), $info['signo']], [SIGUSR1, SIGUSR1]);
    check('others ran', $ticks > 5 ?: $ticks);
    $start = microtime(true);
    check('it does not come', (int) @pcntl_sigtimedwait([SIGUSR2], $info, 0, 50_000_000) < 1); // -1, false since PHP 8.4
    $time = microtime(true) - $start;
    check('in its time', $time >= 0.05 && $time < 1 ?: $time);
    posix_kill(getmypid(), SIGUSR2);
    check('it is there already', pcntl_sigtimedwait([SIGUSR2], $info, 0, 50_000_000), SIGUSR2);
    $over = true;
});
?>
--EXPECT--
ok: it comes
ok: others ran
ok: it does not come
ok: in its time
ok: it is there already
