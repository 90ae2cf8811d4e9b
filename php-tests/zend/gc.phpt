--TEST--
The cycle collector sees the values in a state
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
use Highper\Test\Box;
class Loud { public $other; function __destruct() { echo "destructed\n"; } }
gc_collect_cycles();
$box = new Box; $box->add($box); unset($box);
echo gc_collect_cycles() > 0 ? "collected\n" : "leaked\n";
$box = new Box; $loud = new Loud; $loud->other = [$box]; $box->add([$loud]); unset($box, $loud);
echo "before\n";
echo gc_collect_cycles() > 0 ? "collected\n" : "leaked\n";
$box = new Box; $box->add($box, new Loud); $keep = $box; unset($box); gc_collect_cycles();
echo count($keep), "\n";
class Sub extends Box { public $self; }
for ($i = 0; $i < 20000; $i++) { $s = new Sub; $s->self = $s; $s->add($s, [$s]); }
unset($s); gc_collect_cycles();
echo memory_get_usage() < 8_000_000 ? "flat\n" : "grew\n";
$keep->clear();

--EXPECT--
collected
before
destructed
collected
2
flat
destructed
