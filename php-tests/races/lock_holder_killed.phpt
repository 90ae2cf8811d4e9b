--TEST--
A process is killed while it holds a lock of each kind: a waiter gets it, and those after it
--TIMEOUT--
60
--FILE--
<?php
use Swoole\{Atomic, Lock, Process};

foreach ([Lock::MUTEX, Lock::SPINLOCK, Lock::RWLOCK] as $type) {
    foreach ([LOCK_EX, LOCK_SH] as $operation) {
        $lock = new Lock($type);
        $has = new Atomic();
        $child = new Process(function () use ($lock, $has, $operation) {
            $lock->lock($operation);
            $has->set(1);
            sleep(60);
        }, false, 0);
        $child->start();
        while (!$has->get()) usleep(1000);
        $waiter = new Process(function () use ($lock) {
            exit($lock->lock(LOCK_EX, 10.0) && $lock->unlock() ? 0 : 1);
        }, false, 0);
        $waiter->start();
        usleep(30000);
        Process::kill($child->pid, SIGKILL);
        $codes = [Process::wait()['code'], Process::wait()['code']];
        var_dump($codes === [0, 0] && $lock->lock(LOCK_EX | LOCK_NB) && $lock->unlock());
    }
}
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
