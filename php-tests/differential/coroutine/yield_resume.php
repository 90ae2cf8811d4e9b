<?php
// yield() and resume() hand control over at once, in both directions.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    $id = go(function () {
        for ($i = 0; $i < 3; $i++) {
            echo "inside $i\n";
            var_dump(Coroutine::yield());
        }
        echo "inside ends\n";
    });
    for ($i = 0; $i < 3; $i++) {
        echo "outside $i\n";
        var_dump(Coroutine::resume($id));
    }
    var_dump(Coroutine::exists($id));
    var_dump(Coroutine::resume($id));
    // suspend() is yield() by another name
    $other = go(function () {
        Coroutine::suspend();
        echo "resumed\n";
    });
    Coroutine::resume($other);
});
