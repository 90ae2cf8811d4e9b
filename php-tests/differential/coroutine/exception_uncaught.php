<?php
// An exception that nobody catches: what is printed, and the exit code.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

register_shutdown_function(fn () => print("shutdown function\n"));
run(function () {
    go(function () {
        Coroutine::sleep(0.01);
        echo "the other one\n";
    });
    go(function () {
        Coroutine::sleep(0.001);
        throw new DomainException('nobody catches this');
    });
    Coroutine::sleep(0.005);
    echo "the main one\n";
});
echo "after run\n";
