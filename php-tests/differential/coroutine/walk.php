<?php
// Callbacks of sorting functions may suspend, in two coroutines at once.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    foreach (['up' => 1, 'down' => -1] as $name => $sign) {
        go(function () use ($name, $sign) {
            $list = [3, 1, 4, 2];
            array_walk($list, function (&$x) { Coroutine::sleep(0.001); $x *= 10; });
            echo $name, ' walked ', implode(',', $list), "\n";
            echo $name, ' mapped ', implode(',', array_map(function ($x) { Coroutine::sleep(0.001); return $x + 1; }, $list)), "\n";
        });
    }
});
