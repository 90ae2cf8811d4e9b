<?php
// Deferred calls run in reverse order at the end, after exceptions too.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    go(function () {
        defer(function () { echo "first deferred\n"; });
        Coroutine::defer(function () {
            Coroutine::sleep(0.001);
            echo "second deferred, after a sleep, in ", Coroutine::getCid(), "\n";
        });
        echo "body in ", Coroutine::getCid(), "\n";
    });
    $id = go(function () {
        try {
            defer(fn () => print("deferred, then done\n"));
            return;
        } finally {
            echo "finally first\n";
        }
    });
});
run(function () {
    defer(fn () => print("deferred in run's own coroutine\n"));
    defer(fn ($x = 'nothing') => print(get_debug_type($x) . "\n"));
});
