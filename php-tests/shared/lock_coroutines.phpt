--TEST--
Swoole\Lock: a coroutine that waits for it holds up no other, and can be cancelled
--FILE--
<?php
use Swoole\{Coroutine as Co, Lock, Process};
use function Swoole\Coroutine\run;

$lock = new Lock();
run(function () use ($lock) {
    $lock->lock();
    $order = [];
    $waits = go(function () use ($lock, &$order) {
        var_dump($lock->lock(LOCK_EX, 5.0));
        $order[] = 'second';
        $lock->unlock();
    });
    go(function () use (&$order) { Co::sleep(0.01); $order[] = 'sleeper'; });
    Co::sleep(0.03);
    $order[] = 'first';
    $lock->unlock();
    Co::join([$waits]);
    echo implode(' ', $order), "\n";

    $lock->lock();
    $late = go(function () use ($lock) { var_dump($lock->lock(LOCK_EX, 0.02), $lock->errCode); });
    Co::join([$late]);
    $cut = go(function () use ($lock) { var_dump($lock->lock(), $lock->errCode); });
    Co::cancel($cut);
    Co::join([$cut]);
});
?>
--EXPECT--
bool(true)
sleeper first second
bool(false)
int(110)
bool(false)
int(125)
