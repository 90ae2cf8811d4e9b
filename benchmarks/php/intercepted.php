<?php
/**
 * What a library's call costs more that is intercepted, outside of coroutines.
 *
 *     php intercepted.php LIBRARY
 *
 * LIBRARY is native/calls.c. Prints JSON: for each call nanoseconds, plain and intercepted, batch by batch, in turn.
 */

const CALLS = ['recv', 'send', 'read', 'write', 'poll'];
const TURNS = 10_000;

Swoole\Coroutine\run(static fn () => null);            // from the first loop on calls are intercepted
$library = FFI::cdef('int repeat(int, int, int);', $argv[1]);
$costs = [];
for ($batch = -5; $batch < 100; $batch++) {
    foreach (CALLS as $call => $name) {
        foreach (['intercepted', 'plain'] as $is_direct => $way) {
            $begin = hrtime(true);
            $failed = $library->repeat($call, TURNS, $is_direct);
            $time = hrtime(true) - $begin;
            $failed === TURNS || throw new UnexpectedValueException("{$name}: {$failed} calls have failed");
            if ($batch >= 0) {
                $costs[$way][$name][] = $time / TURNS;
            }
        }
    }
}
echo json_encode($costs);
