--TEST--
The detector names the call that blocks while it blocks, and PHP code that computes, with file and line; what waits is not told of
--EXTENSIONS--
highper
--SKIPIF--
<?php if (PHP_VERSION_ID >= 80400 && ini_get('opcache.jit') === 'function') die('skip what the function JIT keeps in registers is lost when PHP 8.4 is interrupted in a loop, by whomever'); ?>
--INI--
swoole.blocking_detection=1
swoole.blocking_threshold=40000
--FILE--
<?php
use Swoole\{Coroutine, Event, Runtime};

class Report
{
    public static function write(): void { Runtime::enableCoroutine(0); usleep(150000); Runtime::enableCoroutine(SWOOLE_HOOK_ALL); }
}
function sum(float $seconds): void
{
    $end = hrtime(true) + $seconds * 1e9;
    while (hrtime(true) < $end) {
    }
}
Co\run(function () {
    go(function () { Coroutine::sleep(0.2); echo "slept\n"; });
    go(function () { Report::write(); echo "written\n"; });
    go(function () { sum(0.15); echo "summed\n"; });
    // Short of the threshold, again and again.
    go(function () { for ($i = 0; $i < 8; $i++) { sum(0.01); Coroutine::sleep(0.001); } echo "in pieces\n"; });
});
// A second loop, outside of Co\run.
go(function () { Coroutine::sleep(0.001); sum(0.15); echo "again\n"; });
Event::wait();
?>
--EXPECTF--
 >>> [Detected blocking I/O in Coroutine#3, internal function `usleep()` blocked for %d,%d us so far]
#0 %sblocking_detection.phpt.php(6): usleep()
#1 %sblocking_detection.phpt.php(16): Report::write()
#2 [internal function]: {closure%S}()
written
 >>> [Detected blocking code in Coroutine#4, function `sum()` at %sblocking_detection.phpt.php:11 runs for %d,%d us so far]
#0 %sblocking_detection.phpt.php(17): sum()
#1 [internal function]: {closure%S}()
summed
%A
again
