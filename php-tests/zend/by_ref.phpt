--TEST--
Arguments by reference
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
use function Highper\Test\by_ref;
by_ref($new);
var_dump($new);
$a = ['x' => ['y' => 'old']];
$copy = $a;
by_ref($a['x']['y'], 5);
var_dump($a['x']['y'], $copy['x']['y']);
class T { public int $i = 1; public array $l = []; }
$t = new T;
by_ref($t->i, 9);
var_dump($t->i);
try { by_ref($t->l); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
var_dump($t->l);

--EXPECT--
int(42)
int(5)
string(3) "old"
int(9)
Cannot assign int to reference held by property T::$l of type array
array(0) {
}
