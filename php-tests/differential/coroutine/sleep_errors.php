<?php
// Sleeping for no time.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    foreach ([0, -1, 0.0001] as $seconds) {
        try {
            var_dump(Coroutine::sleep($seconds));
        } catch (Throwable $e) {
            echo get_class($e), ': ', $e->getMessage(), "\n";
        }
    }
});
