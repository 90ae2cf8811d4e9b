<?php
// What info, list and stats say of timers.

use Swoole\Timer;

use function Swoole\Coroutine\run;

run(function () {
    $a = Timer::after(1000, fn () => null);
    $b = Timer::tick(500, fn () => null);
    $info = Timer::info($b);
    echo json_encode(array_keys($info)), "\n";
    var_dump($info['interval'], $info['removed'], Timer::info($b + 1000));
    $found = [];
    foreach (Timer::list() as $id) {
        $found[] = $id;
    }
    sort($found);
    var_dump($found === [$a, $b], get_class(Timer::list()));
    echo json_encode(array_keys(Timer::stats())), "\n";
    var_dump(Timer::stats()['num']);
    var_dump(Timer::clearAll(), Timer::stats()['num'], Timer::clear($a));
    var_dump(swoole_timer_exists($a));
});
