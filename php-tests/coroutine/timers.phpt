--TEST--
Timers fire in order, in coroutines, again and again, and can be cleared
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\{Coroutine as Co, Timer};
Co\run(function () {
    $start = hrtime(true);
    Timer::after(100, function ($a, $b) use ($start) {
        echo "after 100: $a $b, in coroutine: ", json_encode(Co::getCid() > 0), ', in time: ', json_encode(hrtime(true) - $start >= 99_900_000), "\n";
    }, 'A', 'B');
    Timer::after(5, function () { Co::sleep(0.003); echo "after 5, waited\n"; });
    $n = 0;
    $tick = Timer::tick(60, function ($id, $word) use (&$n, &$tick) {
        echo "$word ", ++$n, ' ', json_encode($id === $tick), "\n";
        if ($n === 3) { var_dump(Timer::clear($id), Timer::clear($id), Timer::exists($id)); }
    }, 'tick');
    var_dump(Timer::exists($tick), Timer::info($tick)['interval']);
    $never = Timer::after(1, fn () => print("never\n"));
    var_dump(Timer::clear($never));
    Timer::tick(3, function ($id) { Timer::clear($id); echo "other at ", Timer::stats()['num'] > 0 ? 'work' : 'rest', "\n"; });
});
Timer::after(5, fn () => print("outside run()\n"));
Timer::tick(1000, fn () => print("never\n"));
Timer::after(20, function () { Timer::clearAll(); echo "cleared\n"; });
Swoole\Event::wait();
var_dump(@Timer::after(0, fn () => 1));
--EXPECTF--
bool(true)
int(60)
bool(true)
other at work
after 5, waited
tick 1 true
after 100: A B, in coroutine: true, in time: true
tick 2 true
tick 3 true
bool(true)
bool(false)
bool(false)
outside run()
cleared
bool(false)
