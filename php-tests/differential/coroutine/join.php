<?php
// Waiting for coroutines to end, with and without a time-out.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    $ids = [];
    foreach ([3, 1, 2] as $i) {
        $ids[] = go(function () use ($i) {
            Coroutine::sleep(0.004 * $i);
            echo "ended $i\n";
        });
    }
    var_dump(Coroutine::join($ids));
    var_dump(Coroutine::join($ids), swoole_last_error() === SWOOLE_ERROR_CO_NOT_EXISTS);
    $slow = go(fn () => Coroutine::sleep(0.05));
    var_dump(Coroutine::join([$slow], 0.005), swoole_last_error() === SWOOLE_ERROR_CO_TIMEDOUT);
    var_dump(Coroutine::join([]));
    var_dump(Coroutine::join([Coroutine::getCid()]));
});
