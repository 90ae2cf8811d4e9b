<?php
// A buffer around run() is not the coroutines': what they print goes past it.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

ob_start();
echo "before\n";
run(function () {
    echo "in a coroutine\n";
    var_dump(ob_get_level());
    go(function () {
        Coroutine::sleep(0.001);
        echo "later\n";
    });
});
echo "after\n";
$buffered = ob_get_clean();
var_dump($buffered);
