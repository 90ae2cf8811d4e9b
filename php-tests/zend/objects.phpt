--TEST--
Objects that carry state: refusals, interfaces, inheritance
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
use Highper\Test\{Box, Crate, Denied, Failure, SpecificFailure, Shape, Lazy};
set_error_handler(function ($no, $text) { echo "[$no] $text\n"; return true; });
function attempt(callable $do) {
    try { $r = $do(); echo is_object($r) ? get_class($r) : json_encode($r), "\n"; } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}
$box = (new Box(3))->add(1, 'two', [3]);
attempt(fn () => [count($box), $box[0], $box[9], isset($box[1]), isset($box[5]), "$box", json_encode($box)]);
attempt(fn () => iterator_to_array($box));
attempt(fn () => new Box(0));
attempt(fn () => new Box('x'));
attempt(fn () => $box->nope = 1);
attempt(fn () => serialize($box));
attempt(fn () => unserialize('O:16:"Highper\Test\Box":0:{}'));
attempt(fn () => clone $box);
attempt(function () use ($box) { unset($box->label); });
attempt(fn () => new Denied);
attempt(fn () => Highper\Test\denied());
attempt(fn () => (new ReflectionClass(Denied::class))->newInstanceWithoutConstructor());
class Child extends Box {
    public $mine = 1;
    function __construct() {}
    function count(): int { return 100 + parent::count(); }
}
attempt(fn () => [count(Child::create()->add(1)), Child::which(), Box::which(), Child::create()::class]);
attempt(function () { $c = new Child; unset($c->mine); unset($c->capacity); });
attempt(fn () => new Crate instanceof Box);
attempt(fn () => [Box::LIMIT, Box::NAME, Box::RATIO, Box::NOTHING, Box::$made]);
attempt(fn () => (new SpecificFailure('m', 3)) instanceof Failure);
attempt(fn () => (new class implements Shape { function area(float $scale = 2.0): float { return $scale; } })->area());
attempt(fn () => (new Box)->each('strlen'));
attempt(fn () => (new Box)->add('abc', 'de')->each('strlen'));
attempt(fn () => (new Box)->add([])->each('strlen'));
attempt(fn () => $box->capacity = 'x');
attempt(fn () => Highper\Test\poke($box, 'label', 'new'));
attempt(fn () => Highper\Test\poke($box, 'nothing'));
attempt(fn () => (new ReflectionMethod(Box::class, 'count'))->invoke(new stdClass));
echo new ReflectionMethod(Box::class, 'each'), new ReflectionMethod(Box::class, '__construct');

--EXPECT--
[3,1,null,true,false,"a box","[1,\"two\",[3]]"]
[1,"two",[3]]
ValueError: Highper\Test\Box::__construct(): Argument #1 ($capacity) must be greater than 0
TypeError: Highper\Test\Box::__construct(): Argument #1 ($capacity) must be of type int, string given
Error: Cannot create dynamic property Highper\Test\Box::$nope
Exception: Serialization of 'Highper\Test\Box' is not allowed
Exception: Unserialization of 'Highper\Test\Box' is not allowed
Error: Trying to clone an uncloneable object of class Highper\Test\Box
Error: Property label of class Highper\Test\Box cannot be unset
Error: The object of Highper\Test\Denied can not be created for security reasons
Highper\Test\Denied
ReflectionException: Class Highper\Test\Denied is an internal class marked as final that cannot be instantiated without invoking its constructor
[101,"Child","Highper\\Test\\Box","Child"]
Error: Property capacity of class Highper\Test\Box cannot be unset
true
[10,"box",0.5,null,0]
true
2
0
5
TypeError: strlen(): Argument #1 ($string) must be of type string, array given
TypeError: Cannot assign string to property Highper\Test\Box::$capacity of type int
"new"
[2] Undefined property: Highper\Test\Box::$nothing
null
ReflectionException: Given object is not an instance of the class this method was declared in
Method [ <internal:highper> public method each ] {

  - Parameters [1] {
    Parameter #0 [ <required> callable $do ]
  }
  - Return [ int ]
}
Method [ <internal:highper, ctor> public method __construct ] {

  - Parameters [1] {
    Parameter #0 [ <optional> int $capacity = 7 ]
  }
}
