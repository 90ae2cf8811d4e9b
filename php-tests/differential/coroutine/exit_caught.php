<?php
// exit() in a coroutine is an exception that can be caught.

use Swoole\Coroutine;
use Swoole\ExitException;

use function Swoole\Coroutine\run;

run(function () {
    foreach ([3, 'a text', null] as $status) {
        try {
            try {
                $status === null ? exit : exit($status);
            } finally {
                echo "finally\n";
            }
        } catch (ExitException $e) {
            var_dump($e->getMessage(), $e->getStatus(), $e->getFlags());
            var_dump((bool) ($e->getFlags() & SWOOLE_EXIT_IN_COROUTINE), (bool) ($e->getFlags() & SWOOLE_EXIT_IN_SERVER));
            echo get_parent_class($e), "\n";
        }
    }
    go(function () {
        Coroutine::sleep(0.001);
        try {
            (function () { exit(9); })();
        } catch (ExitException $e) {
            echo 'from below: ', $e->getStatus(), "\n";
        }
    });
});
echo "goes on\n";
