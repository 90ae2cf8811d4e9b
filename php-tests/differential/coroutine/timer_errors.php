<?php
// Intervals that cannot be.

use Swoole\Timer;

use function Swoole\Coroutine\run;

run(function () {
    var_dump(Timer::after(0, fn () => null));
    var_dump(Timer::tick(-1, fn () => null));
    try {
        Timer::after(1, 'no such function');
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
});
