--TEST--
Arrays are built and read with PHP's key rules
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
var_dump(Highper\Test\nested());
function gen() { yield 'a' => 1; yield 'b' => 2; return 3; }
function failing() { yield 1; throw new Exception('in the middle'); }
echo implode(' ', Highper\Test\iterate(['x' => 1, 5 => 'five'])), "\n";
echo implode(' ', Highper\Test\iterate(gen())), "\n";
echo implode(' ', Highper\Test\iterate(new ArrayIterator(['k' => 'v']))), "\n";
echo implode(' ', Highper\Test\iterate((new Highper\Test\Box)->add('in', 'box'))), "\n";
try { Highper\Test\iterate(failing()); } catch (Exception $e) { echo $e->getMessage(), "\n"; }

--EXPECT--
array(4) {
  ["a"]=>
  array(3) {
    ["b"]=>
    array(1) {
      ["c"]=>
      int(1)
    }
    [12]=>
    string(6) "number"
    ["13"]=>
    string(6) "string"
  }
  ["list"]=>
  array(2) {
    [0]=>
    float(1.5)
    [1]=>
    bool(true)
  }
  ["known"]=>
  NULL
  [0]=>
  array(1) {
    [5]=>
    string(4) "five"
  }
}
x=1 5="five"
"a"=1 "b"=2
"k"="v"
0="in" 1="box"
in the middle
