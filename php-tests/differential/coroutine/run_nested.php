<?php
// run() within run() is refused.

use function Swoole\Coroutine\run;

run(function () {
    echo "outer\n";
    run(fn () => print("inner\n"));
    echo "not reached\n";
});
echo "nor this\n";
