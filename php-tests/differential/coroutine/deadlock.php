<?php
// All coroutines asleep for ever: what is said, and how it ends.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

function waits(): void
{
    Coroutine::yield();
}

run(function () {
    go(function () {
        waits();
    });
    (new Coroutine\Channel(1))->pop();
});
echo "after run\n";
