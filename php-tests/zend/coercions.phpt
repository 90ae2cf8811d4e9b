--TEST--
Arguments are converted as PHP's own functions do
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
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

--EXPECT--
[1,2.5,true,"x",null,null]
[7,10,true,"12",null,0]
[7,3,false,"1.5",9,2]
[8192] Implicit conversion from float 1.5 to int loses precision
[1,3,false,"x",null,null]
[8192] Highper\Test\coerce(): Passing null to parameter #1 ($i) of type int is deprecated
[8192] Highper\Test\coerce(): Passing null to parameter #2 ($f) of type float is deprecated
[8192] Highper\Test\coerce(): Passing null to parameter #3 ($b) of type bool is deprecated
[8192] Highper\Test\coerce(): Passing null to parameter #4 ($s) of type string is deprecated
[0,0,false,"",null,null]
TypeError: Highper\Test\coerce(): Argument #1 ($i) must be of type int, string given
TypeError: Highper\Test\coerce(): Argument #1 ($i) must be of type int, array given
TypeError: Highper\Test\coerce(): Argument #2 ($f) must be of type float, string given
TypeError: Highper\Test\coerce(): Argument #3 ($b) must be of type bool, array given
TypeError: Highper\Test\coerce(): Argument #4 ($s) must be of type string, array given
TypeError: Highper\Test\coerce(): Argument #4 ($s) must be of type string, ArrayObject given
[1,1,true,"made",null,null]
Exception: no
TypeError: Highper\Test\coerce(): Argument #5 ($n) must be of type ?int, string given
TypeError: Highper\Test\coerce(): Argument #6 ($a) must be of type ?array, string given
ArgumentCountError: Highper\Test\coerce() expects at least 4 arguments, 1 given
ArgumentCountError: Highper\Test\coerce() expects at most 6 arguments, 7 given
[1,1,false,"x",null,null]
TypeError: Highper\Test\coerce(): Argument #1 ($i) must be of type int, float given
"ArrayObject Some(\"ArrayObject\")"
"stdClass None"
TypeError: Highper\Test\objects(): Argument #2 ($countable) must be of type ?Countable, stdClass given
TypeError: Highper\Test\objects(): Argument #1 ($any) must be of type object, int given
TypeError: Highper\Test\outcome(): Argument #1 ($do) must be a valid callback, function "no_such_function" not found or invalid function name
TypeError: Highper\Test\outcome(): Argument #1 ($do) must be a valid callback, class "X" not found
TypeError: Highper\Test\outcome(): Argument #1 ($do) must be a valid callback, no array or string given
TypeError: Highper\Test\iterate(): Argument #1 ($items) must be of type Traversable|array, int given
