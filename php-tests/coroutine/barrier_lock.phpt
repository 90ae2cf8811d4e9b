--TEST--
Barrier, Lock, Scheduler, setTimeLimit()
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
use Swoole\Coroutine\{Barrier, Lock, Scheduler};
Co\run(function () {
    $barrier = Barrier::make(); $n = 0;
    for ($i = 1; $i <= 3; $i++) { go(function () use ($barrier, $i, &$n) { Co::sleep(0.002 * $i); $n++; }); }
    Barrier::wait($barrier);
    var_dump($n, $barrier);
    $barrier = Barrier::make();
    go(function () use ($barrier) { Co::sleep(0.02); });
    $t = hrtime(true); Barrier::wait($barrier, 0.005);
    var_dump(hrtime(true) - $t < 15_000_000);

    $lock = new Lock; $order = []; $inside = 0;
    for ($i = 0; $i < 3; $i++) {
        go(function () use ($lock, $i, &$order, &$inside) {
            $lock->lock();
            if (++$inside !== 1) { echo "two inside\n"; }
            Co::sleep(0.002); $order[] = $i; $inside--;
            $lock->unlock();
        });
    }
    var_dump($lock->lock(LOCK_EX | LOCK_NB), $lock->errCode);
    Co::sleep(0.03);
    echo implode(',', $order), "\n";
    var_dump($lock->lock(LOCK_EX | LOCK_NB), $lock->lock(), $lock->unlock(), $lock->unlock());
    $shared = new Lock(true);
    var_dump($shared->lock(), $shared->lock());
    go(function () use ($shared) { var_dump($shared->lock(LOCK_NB), $shared->errCode, $shared->lock()); echo "got it\n"; });
    Co::sleep(0.003);
    $shared->unlock();
    Co::sleep(0.02);

    go(function () {
        Co::setTimeLimit(0.005);
        try { Co::sleep(10); echo "not reached\n"; } catch (Co\TimeoutException $e) { echo get_class($e), "\n"; }
    });
});
$scheduler = new Scheduler;
$scheduler->parallel(2, function ($x) { echo "parallel $x\n"; Co::sleep(0.001); echo "again $x\n"; }, 'p');
$scheduler->add(function () { echo "added\n"; });
var_dump($scheduler->start());
$atomic = new Swoole\Atomic(5); $long = new Swoole\Atomic\Long(1 << 40);
var_dump($atomic->add(2), $atomic->cmpset(7, 0), $atomic->wakeup(), $atomic->wait(0.01), $atomic->wait(0.01), $long->sub(1));
--EXPECT--
int(3)
NULL
bool(true)
bool(false)
int(16)
0,1,2
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
bool(false)
int(16)
bool(true)
got it
Swoole\Coroutine\TimeoutException
parallel p
parallel p
added
again p
again p
bool(true)
int(7)
bool(true)
bool(true)
bool(true)
bool(false)
int(1099511627775)
