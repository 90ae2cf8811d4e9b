<?php
// The backtrace of a suspended coroutine.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

function outer(int $x): void
{
    inner($x + 1);
}

function inner(int $x): void
{
    Coroutine::yield();
}

run(function () {
    $id = go(function () {
        outer(1);
    });
    foreach (Coroutine::getBackTrace($id) as $frame) {
        echo basename($frame['file'] ?? '-'), ':', $frame['line'] ?? '-', ' ', ($frame['class'] ?? '') . ($frame['type'] ?? ''),
            $frame['function'], '(', json_encode($frame['args'] ?? null), ")\n";
    }
    var_dump(count(Coroutine::getBackTrace($id, DEBUG_BACKTRACE_IGNORE_ARGS, 1)));
    Coroutine::printBackTrace($id);
    var_dump(Coroutine::getBackTrace(99999), Coroutine::getBackTrace()[0]['function'] ?? null);
    Coroutine::resume($id);
});
