<?php
// Sleepers wake in the order of their times.

use Swoole\Coroutine;
use Swoole\Coroutine\System;

use function Swoole\Coroutine\run;

run(function () {
    foreach ([40, 10, 30, 20] as $ms) {
        go(function () use ($ms) {
            Coroutine::sleep($ms / 1000);
            echo "$ms\n";
        });
    }
    go(function () {
        System::sleep(0.005);
        echo "first of all\n";
    });
    Coroutine::sleep(0.05);
    var_dump(Coroutine::sleep(0.001), System::sleep(0.001), sleep(0), usleep(1000), time_nanosleep(0, 1000000));
});
