--TEST--
Swoole\Process::signal: callbacks run in the loop's coroutines, are replaced and taken away; alarms
--FILE--
<?php
use Swoole\{Event, Process};

swoole_async_set(['wait_signal' => true]);
Process::signal(SIGUSR1, function () { echo "replaced\n"; });
Process::signal(SIGUSR1, function (int $number) {
    echo "signal $number in coroutine ", Co::getCid() > 0 ? 'yes' : 'no', "\n";
    Process::signal(SIGUSR1, null);
});
Process::kill(getmypid(), SIGUSR1);
echo "not before the loop\n";
Event::wait();

$count = 0;
Process::signal(SIGALRM, function () use (&$count) {
    if (++$count === 3) {
        Process::alarm(-1);
        Process::signal(SIGALRM, null);
    }
});
Process::alarm(5_000);
Event::wait();
var_dump($count);

var_dump(Process::signal(SIGALRM, null));
var_dump(Process::signal(1000, fn () => null));
var_dump(Process::signal(SIGKILL, fn () => null));
try {
    Process::signal(SIGUSR1, 'no such function');
} catch (TypeError $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECTF--
not before the loop
signal 10 in coroutine yes
int(3)

Warning: Swoole\Process::signal(): unable to find the callback of signal [14] in %s on line %d
bool(false)

Warning: Swoole\Process::signal(): invalid signal number [1000] in %s on line %d
bool(false)

Warning: Swoole\Process::signal(): sigaction(9) failed, Error: Invalid argument[22] in %s on line %d
bool(false)
Swoole\Process::signal(): Argument #2 ($callback) must be a valid callback or null, %s
