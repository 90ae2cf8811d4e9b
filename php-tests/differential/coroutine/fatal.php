<?php
// A fatal error in a coroutine: message and exit code.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

register_shutdown_function(fn () => print("shutdown function\n"));
run(function () {
    go(function () {
        Coroutine::sleep(0.001);
        trigger_error('this is fatal', E_USER_ERROR);
    });
    Coroutine::sleep(0.01);
    echo "the main one\n";
});
echo "after run\n";
