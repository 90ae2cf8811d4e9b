--TEST--
A fatal error inside a call comes back as an outcome
--EXTENSIONS--
highper
--SKIPIF--
<?php if (getenv('USE_ZEND_ALLOC') === '0') die('skip without its own allocator PHP has no memory limit');
if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
use function Highper\Test\outcome;
ini_set('display_errors', '0');
function deep($n) { $pad = str_repeat('x', 100); if ($n) { deep($n - 1); } else { trigger_error('stop', E_USER_ERROR); } }
for ($i = 0; $i < 50; $i++) {
    $last = outcome('deep', 3000);
}
echo $last, "\n";
echo outcome(function () { eval('class A extends Undefined { function f() {} } function f() {} function f() {}'); }), "\n";
ini_set('memory_limit', '32M');
echo outcome(fn () => str_repeat('x', 100_000_000)), "\n";
echo outcome(fn () => 'still alive'), "\n";
echo array_sum(array_map(fn ($x) => $x * 2, range(1, 10))), "\n";

--EXPECT--
bailout
bailout
bailout
value "still alive"
110
