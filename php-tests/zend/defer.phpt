--TEST--
Last releases wait where they are told to
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
use Highper\Test\Box;
use function Highper\Test\{defer, drain, keep, forget};
class Loud { function __construct(public $name, public $next = null) {} function __destruct() { echo "destructed $this->name\n"; } }
keep(new Loud('a', new Loud('b')));
keep('text' . rand());
keep($shared = new Loud('shared'));
defer(true);
forget();
echo 'waiting ', defer(true), "\n";
echo 'drained ', drain(), "\n";
unset($shared);
$box = (new Box)->add(new Loud('in box'), [new Loud('in array')]);
unset($box);
echo 'waiting ', defer(true), "\n";
drain();
// Garbage is not deferred while the collector frees it.
for ($i = 0; $i < 100; $i++) { $box = new Box; $std = new stdClass; $std->box = $box; $box->add($std, [$box, $std]); unset($box, $std); }
gc_collect_cycles();
echo 'waiting ', defer(false) > 0 ? 'some' : 'none', "\n";
drain();
keep(new Loud('at the end'));

--EXPECT--
waiting 1
drained destructed a
destructed b
1
destructed shared
waiting 2
destructed in array
destructed in box
waiting none
destructed at the end
