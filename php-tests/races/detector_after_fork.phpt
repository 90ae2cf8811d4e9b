--TEST--
The detector of blocking calls, time accounting and time slices go on in the child of a fork, and in the parent after it
--EXTENSIONS--
highper
--INI--
swoole.blocking_detection=1
swoole.blocking_threshold=30000
swoole.enable_preemptive_scheduler=1
highper.time_accounting=1
--FILE--
<?php
use Swoole\{Process, Runtime};

function block(string $who): void
{
    Runtime::enableCoroutine(0);
    usleep(100000);
    Runtime::enableCoroutine(SWOOLE_HOOK_ALL);
    printf("%s: %s\n", $who, Highper\times()['on_cpu'] > 0.09 ? 'counted' : 'not counted');
}
foreach (['before', 'child', 'after'] as $who) {
    $run = static fn () => Co\run(static fn () => block($who));
    if ($who === 'child') {
        $child = new Process($run, false, 0);
        $child->start();
        Process::wait();
    } else {
        $run();
    }
}
?>
--EXPECTF--
 >>> [Detected blocking I/O in Coroutine#1, internal function `usleep()` blocked for %d,%d us so far]
#0 %sdetector_after_fork.phpt.php(7): usleep()
#1 %sdetector_after_fork.phpt.php(12): block()
#2 [internal function]: {closure%S}()
before: counted
 >>> [Detected blocking I/O in Coroutine#2, internal function `usleep()` blocked for %d,%d us so far]
#0 %sdetector_after_fork.phpt.php(7): usleep()
#1 %sdetector_after_fork.phpt.php(12): block()
#2 [internal function]: {closure%S}()
child: counted
 >>> [Detected blocking I/O in Coroutine#2, internal function `usleep()` blocked for %d,%d us so far]
#0 %sdetector_after_fork.phpt.php(7): usleep()
#1 %sdetector_after_fork.phpt.php(12): block()
#2 [internal function]: {closure%S}()
after: counted
