<?php
use function Highper\Test\{coerce, objects};
set_error_handler(function ($no, $text) { echo "[$no] $text\n"; return true; });
function attempt(callable $do) {
    try { echo json_encode($do()), "\n"; } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}
attempt(fn () => coerce(1, 2.5, true, 'x'));
attempt(fn () => coerce('7', '1e1', 1, 12, null, []));
attempt(fn () => coerce(7.0, 3, '', 1.5, '9', [1, 2]));
attempt(fn () => coerce(1.5, 3, '', 'x'));
attempt(fn () => coerce(null, null, null, null));
attempt(fn () => coerce('abc', 1, true, 'x'));
attempt(fn () => coerce([], 1, true, 'x'));
attempt(fn () => coerce(1, 'x', true, 'x'));
attempt(fn () => coerce(1, 1, [], 'x'));
attempt(fn () => coerce(1, 1, true, []));
attempt(fn () => coerce(1, 1, true, new ArrayObject));
attempt(fn () => coerce(1, 1, true, new class { function __toString() { return 'made'; } }));
attempt(fn () => coerce(1, 1, true, new class { function __toString() { throw new Exception('no'); } }));
attempt(fn () => coerce(1, 1, true, 'x', 'y'));
attempt(fn () => coerce(1, 1, true, 'x', 1, 'y'));
attempt(fn () => coerce(1));
attempt(fn () => coerce(1, 1, true, 'x', 1, [], 7));
attempt(fn () => coerce(i: 1, s: 'x', f: 1, b: false));
attempt(fn () => coerce(99999999999999999999, 1, true, 'x'));
attempt(fn () => objects(new ArrayObject, new ArrayObject));
attempt(fn () => objects(new stdClass, null));
attempt(fn () => objects(new stdClass, new stdClass));
attempt(fn () => objects(1));
attempt(fn () => Highper\Test\outcome('no_such_function'));
attempt(fn () => Highper\Test\outcome(['X', 'y']));
attempt(fn () => Highper\Test\outcome(3));
attempt(fn () => Highper\Test\iterate(3));

