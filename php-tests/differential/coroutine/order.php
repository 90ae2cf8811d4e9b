<?php
// A coroutine runs at once until it first suspends; then its creator goes on.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    echo "a\n";
    go(function () {
        echo "b\n";
        go(function () {
            echo "c\n";
            Coroutine::sleep(0.002);
            echo "d\n";
        });
        echo "e\n";
        Coroutine::sleep(0.02);
        echo "f\n";
    });
    echo "g\n";
});
echo "h\n";
