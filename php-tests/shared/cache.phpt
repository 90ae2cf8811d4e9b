--TEST--
Highper\Cache: values of all types, ends in time, counting, several at once, what is refused
--FILE--
<?php
use Highper\Cache;

$cache = new Cache('1M');
$values = ['int' => -5, 'float' => 1.5, 'text' => "a\0b", 'empty' => '', 'yes' => true, 'no' => false, 'null' => null,
    'array' => ['a' => [1, 2]], 'object' => new ArrayObject([3]), 'large' => str_repeat('xyz', 50000)];
foreach ($values as $key => $value) {
    if (!$cache->set($key, $value) || $cache->get($key) != $value || gettype($cache->get($key)) !== gettype($value)) echo "wrong: $key\n";
}
var_dump($cache->get('none'), $cache->get('none', 'default'), $cache->has('null'), $cache->has('none'));
var_dump($cache->delete('text'), $cache->delete('text'), $cache->has('text'));
var_dump($cache->add('int', 1), $cache->add('new', 1), $cache->increment('new'), $cache->increment('new', -5), $cache->increment('begun', 7));
var_dump($cache->set('short', 1, 0.05), $cache->set('long', 1, 60), $cache->set('iv', 1, new DateInterval('PT1H')), $cache->set('past', 1, 0));
usleep(60000);
var_dump($cache->has('short'), $cache->has('long'), $cache->has('iv'), $cache->has('past'));
var_dump($cache->setMultiple(['m1' => 1, 12 => 2]), $cache->getMultiple(['m1', 12, 'm3'], 'd'), $cache->deleteMultiple(new ArrayIterator(['m1', '12'])), $cache->has('m1'));
var_dump($cache->set('huge', str_repeat('x', 1 << 20)));
foreach ([fn () => $cache->get(''), fn () => $cache->set(str_repeat('k', 1025), 1), fn () => $cache->increment('array'), fn () => new Cache(100),
    fn () => new Cache('many'), fn () => clone $cache, fn () => serialize($cache), fn () => $cache->set('f', fn () => 1), fn () => $cache->__construct()] as $try) {
    try { var_dump($try()); } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}
$stats = $cache->stats();
var_dump(array_keys($stats), $stats['items'] > 5, $stats['used'] <= $stats['bytes'], $stats['bytes'] <= $stats['limit'], $stats['expired']);
var_dump($cache->clear(), $cache->stats()['items'], $cache->get('int'));
?>
--EXPECTF--
NULL
string(7) "default"
bool(true)
bool(false)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
int(2)
int(-3)
int(7)
bool(true)
bool(true)
bool(true)
bool(true)
bool(false)
bool(true)
bool(true)
bool(false)
bool(true)
array(3) {
  ["m1"]=>
  int(1)
  [12]=>
  int(2)
  ["m3"]=>
  string(1) "d"
}
bool(true)
bool(false)

Warning: Highper\Cache::set(): the value of "huge" was not stored: it is larger than the %d bytes that this cache takes; make the cache larger in %s on line %d
bool(false)
ValueError: a key of the cache has 1 to 1024 bytes, 0 given
ValueError: a key of the cache has 1 to 1024 bytes, 1025 given
ValueError: the value of "array" is no integer: increment() counts in integers only
ValueError: Highper\Cache::__construct(): Argument #1 ($size) must be 64K or more, such as "64M", 100 given
ValueError: Highper\Cache::__construct(): Argument #1 ($size) must be 64K or more, such as "64M", many given
Error: Trying to clone an uncloneable object of class Highper\Cache
Exception: Serialization of 'Highper\Cache' is not allowed
Exception: Serialization of 'Closure' is not allowed
Error: the cache was made before
array(9) {
  [0]=>
  string(5) "items"
  [1]=>
  string(4) "used"
  [2]=>
  string(5) "bytes"
  [3]=>
  string(5) "limit"
  [4]=>
  string(4) "hits"
  [5]=>
  string(6) "misses"
  [6]=>
  string(7) "evicted"
  [7]=>
  string(7) "expired"
  [8]=>
  string(7) "emptied"
}
bool(true)
bool(true)
bool(true)
int(1)
bool(true)
int(0)
NULL
