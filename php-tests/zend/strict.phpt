--TEST--
strict_types is honoured
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
declare(strict_types=1);
use function Highper\Test\coerce;
foreach ([['1', 1.0, true, 'x'], [1, 1, true, 'x'], [1, 1.0, 1, 'x'], [1, 1.0, true, 1], [null, 1.0, true, 'x']] as $args) {
    try { echo json_encode(coerce(...$args)), "\n"; } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
}

--EXPECT--
Highper\Test\coerce(): Argument #1 ($i) must be of type int, string given
[1,1,true,"x",null,null]
Highper\Test\coerce(): Argument #3 ($b) must be of type bool, int given
Highper\Test\coerce(): Argument #4 ($s) must be of type string, int given
Highper\Test\coerce(): Argument #1 ($i) must be of type int, null given
