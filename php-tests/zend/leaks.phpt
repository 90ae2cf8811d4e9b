--TEST--
Nothing leaks in 100,000 rounds
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
use Highper\Test\{Box, Lazy};
use function Highper\Test\{coerce, by_ref, outcome, nested, iterate, fail, poke, describe, where_am_i, objects};
set_error_handler(fn () => true);
class Magic { function __call($n, $a) { return $n; } }
$magic = new Magic;
$rounds = [
    'coerce' => fn ($i) => coerce("$i", $i, 1, $i, null, [$i]),
    'to string' => fn ($i) => coerce(1, 1, true, new class { function __toString() { return str_repeat('x', 50); } }),
    'type error' => function () { try { coerce('x', 1, 1, 'x'); } catch (TypeError $e) {} },
    'by ref' => function ($i) { $x = "old $i"; by_ref($x, $i); },
    'nested' => fn () => nested(),
    'iterate' => fn ($i) => iterate((function () use ($i) { yield "k$i" => "v$i"; })()),
    'broken iterate' => fn ($i) => iterate((function () use ($i) { foreach (["v$i", 2] as $x) yield $x; })()),
    'box' => function ($i) { $b = (new Box)->add("a$i", [$i], new stdClass); count($b); json_encode($b); foreach ($b as $x) {} },
    'lazy' => function () { $l = new Lazy; $l->header; $c = clone $l; unset($c->body); $l == $c; },
    'call' => fn ($i) => outcome(fn ($x) => "r$x", $i),
    'magic call' => fn ($i) => outcome([$magic, "m$i"], $i),
    'exception out' => fn ($i) => outcome(function () use ($i) { throw new Exception("m$i"); }),
    'exit out' => fn () => outcome(fn () => exit(1)),
    'throw' => function () { try { fail('own'); } catch (Exception $e) {} },
    'late bound' => fn () => Box::create(),
    'denied' => function () { try { new Highper\Test\Denied; } catch (Error $e) {} },
    'bad box' => function () { try { new Box(0); } catch (Error $e) {} },
    'property' => fn ($i) => poke(new Box, 'label', "l$i"),
    'where' => fn () => where_am_i(),
    'callable error' => function () { try { outcome('nope'); } catch (TypeError $e) {} },
];
foreach ($rounds as $name => $run) {
    for ($i = 0; $i < 100; $i++) { $run($i); }
    gc_collect_cycles();
    $before = memory_get_usage();
    for ($i = 0; $i < 5000; $i++) { $run($i); }
    gc_collect_cycles();
    $grown = memory_get_usage() - $before;
    if ($grown > 1000) { echo "$name: $grown bytes\n"; }
}
echo "done\n";

--EXPECT--
done
