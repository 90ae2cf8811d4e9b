--TEST--
Swoole\Process: a child has none of its parent's timers, coroutines, signals and descriptors; forks in coroutines are refused
--FILE--
<?php
use Swoole\{Event, Process, Timer};

Timer::after(300, function () { echo "timer of the parent\n"; });
go(function () { Co::sleep(0.15); echo "coroutine of the parent\n"; });
Process::signal(SIGUSR1, function () { echo "signal of the parent\n"; });
$child = new Process(function () {
    Timer::after(20, function () { echo "timer of the child\n"; });
    go(function () { Co::sleep(0.001); echo "coroutine of the child\n"; });
    Event::wait();
});
$child->start();
Process::wait();
Event::wait();

$child = new Process(function () {});
register_shutdown_function(function () { echo "over\n"; });
Co\run(function () use ($child) {
    $child->start();
    echo "never\n";
});
?>
--EXPECTF--
coroutine of the child
timer of the child
coroutine of the parent
timer of the parent

Fatal error: Uncaught Swoole\Error: must be forked outside the coroutine in %s:%d
Stack trace:
#0 %s: Swoole\Process->start()
#1 [internal function]: {closure%S}()
#2 {main}
  thrown in %s on line %d
over
