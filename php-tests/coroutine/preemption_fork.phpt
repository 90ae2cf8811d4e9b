--TEST--
Forks while coroutines are preempted: the child has no slices of its parent's, and may have its own
--EXTENSIONS--
highper
pcntl
--FILE--
<?php
use Swoole\Coroutine as Co;
use Swoole\Process;
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, patience};

function others_run(): bool
{
    $seen = false;
    go(static function () use (&$seen) { Co::sleep(0.001); $seen = true; });
    $end = hrtime(true) + (int) (patience(1.0) * 1e9);
    while (!$seen && hrtime(true) < $end) { }
    return $seen;
}
$status = static function (int $pid): int { pcntl_waitpid($pid, $status); return pcntl_wexitstatus($status); };
Co::set(['enable_preemptive_scheduler' => true]);

// The slices have begun when the child is forked.
go(static function () { Co::sleep(0.001); });
$child = new Process(static function (Process $process) {
    Co\run(static function () use (&$ran) { $ran = others_run(); });
    $process->exit($ran ? 3 : 4);
}, false, 0);
check('a process of its own', $status($child->start()), 3);
Swoole\Event::wait();
Co\run(static function () use ($status) {
    $pid = pcntl_fork();
    if ($pid === 0) { exit(6); }
    check('a fork in a coroutine', $status($pid), 6);
    check('goes on in the parent', others_run());
});
?>
--EXPECT--
ok: a process of its own
ok: a fork in a coroutine
ok: goes on in the parent
