--TEST--
Swoole\Lock: exclusive and shared, not waiting, with a time-out, unlocked by another process
--FILE--
<?php
use Swoole\{Lock, Process};

foreach ([Lock::MUTEX, Lock::SPINLOCK, Lock::RWLOCK] as $type) {
    $lock = new Lock($type);
    var_dump($lock->lock(), $lock->errCode);
    $busy = new Process(function () use ($lock) {
        $nb = $lock->lock(LOCK_EX | LOCK_NB);
        $code = $lock->errCode;
        $begin = microtime(true);
        $timed = $lock->lock(LOCK_EX, 0.05);
        echo json_encode([$nb, $code, $timed, $lock->errCode, microtime(true) - $begin >= 0.05, $lock->unlock()]), "\n";
    }, false, 0);
    $busy->start();
    Process::wait();
    var_dump($lock->lock(LOCK_EX, 1.0), $lock->unlock(), $lock->unlock());
}
$lock = new Lock(SWOOLE_RWLOCK);
var_dump($lock->lock(LOCK_SH), $lock->lock(LOCK_SH), $lock->lock(LOCK_EX | LOCK_NB), $lock->unlock(), $lock->unlock(), $lock->lock(LOCK_EX));
var_dump($lock->lock(LOCK_EX), $lock->errCode);
foreach ([fn () => new Lock(2), fn () => clone $lock, fn () => $lock->__construct()] as $try) {
    try { $try(); } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}
?>
--EXPECT--
bool(true)
int(0)
[false,16,false,110,true,true]
bool(true)
bool(true)
bool(true)
bool(true)
int(0)
[false,16,false,110,true,true]
bool(true)
bool(true)
bool(true)
bool(true)
int(0)
[false,16,false,110,true,true]
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(false)
bool(true)
bool(true)
bool(true)
bool(false)
int(35)
Swoole\Exception: lock type[2] is not support
Error: Trying to clone an uncloneable object of class Swoole\Lock
Error: Constructor of Swoole\Lock can only be called once
