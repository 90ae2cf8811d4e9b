<?php
// Exceptions keep to their coroutine, across suspensions.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    foreach (['one', 'two'] as $name) {
        go(function () use ($name) {
            try {
                try {
                    Coroutine::sleep(0.001);
                    throw new RuntimeException($name);
                } finally {
                    Coroutine::sleep(0.001);
                    echo "finally of $name\n";
                }
            } catch (RuntimeException $e) {
                Coroutine::sleep(0.001);
                echo 'caught ', $e->getMessage(), ' at line ', $e->getLine(), "\n";
            }
        });
    }
    // The creator sees nothing of it.
    try {
        go(function () {
            try {
                throw new LogicException('inner');
            } catch (LogicException) {
                echo "caught inside\n";
            }
        });
        echo "creator untouched\n";
    } catch (Throwable) {
        echo "leaked\n";
    }
});
