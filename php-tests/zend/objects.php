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

