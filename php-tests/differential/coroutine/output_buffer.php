<?php
// Each coroutine has its own output buffers.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    $results = [];
    foreach (['a', 'b', 'c'] as $name) {
        go(function () use ($name, &$results) {
            ob_start();
            echo "$name-1 ";
            Coroutine::sleep(0.002);
            ob_start(fn ($text) => strtoupper($text));
            echo "$name-2 ";
            Coroutine::sleep(0.002);
            ob_end_flush();
            echo "$name-3";
            $results[$name] = ob_get_clean() . ' level ' . ob_get_level();
        });
    }
    echo "not buffered\n";
    var_dump(ob_get_level());
    Coroutine::sleep(0.02);
    ksort($results);
    print_r($results);
    // A buffer left open is flushed when its coroutine ends.
    go(function () {
        ob_start();
        echo "left open\n";
        Coroutine::sleep(0.001);
    });
    echo "before the end\n";
});
