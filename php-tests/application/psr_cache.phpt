--TEST--
Highper\Cache as PSR-16 by the bridge package: versions 1 and 3
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;

// Version 3 in this process, version 1 in another.
$new = ($argv[1] ?? '3') === '3';
$typed = fn (string $text): string => $new ? $text : preg_replace('/(string|mixed|iterable|null\|int\|\\\\DateInterval) (?=\$)|: (mixed|bool|iterable)(?=;)/', '', $text);
eval('namespace Psr\SimpleCache; interface CacheException extends \Throwable {} interface InvalidArgumentException extends CacheException {}' . $typed('
    interface CacheInterface {
        public function get(string $key, mixed $default = null): mixed;
        public function set(string $key, mixed $value, null|int|\DateInterval $ttl = null): bool;
        public function delete(string $key): bool;
        public function clear(): bool;
        public function getMultiple(iterable $keys, mixed $default = null): iterable;
        public function setMultiple(iterable $values, null|int|\DateInterval $ttl = null): bool;
        public function deleteMultiple(iterable $keys): bool;
        public function has(string $key): bool;
    }'));
spl_autoload_register(function (string $class) {
    if (str_starts_with($class, 'Highper\\Psr\\')) {
        require dirname(__DIR__, 2) . '/php/src/' . strtr(substr($class, 8), '\\', '/') . '.php';
    }
});
$cache = new Highper\Psr\SimpleCache(new Highper\Cache('1M'));
check('set, get', [$cache->set('a', ['x' => 1]), $cache->get('a'), $cache->get('b', 'none')], [true, ['x' => 1], 'none']);
check('has, delete', [$cache->has('a'), $cache->delete('a'), $cache->has('a')], [true, true, false]);
check('many', [$cache->setMultiple(['p' => 1, 'q' => 2, '7' => 3]), $cache->getMultiple(['p', 'q', '7', 'r'], 0), $cache->deleteMultiple(new ArrayIterator(['p', 'q'])), $cache->has('p')], [true, ['p' => 1, 'q' => 2, '7' => 3, 'r' => 0], true, false]);
check('an interval', $cache->set('soon', 1, new DateInterval('PT1H')) && $cache->get('soon') === 1);
check('over at once', [$cache->set('gone', 1, 0), $cache->has('gone')], [true, false]);
$cache->clear();
check('cleared', $cache->has('soon'), false);
foreach (['', 'a/b', '{a}', str_repeat('k', 1025)] as $key) {
    try { $cache->get($key); echo "no exception\n"; } catch (Psr\SimpleCache\InvalidArgumentException $e) { }
}
try { $cache->getMultiple(new ArrayIterator([5])); } catch (Psr\SimpleCache\InvalidArgumentException $e) { check('what is wrong', $e->getMessage(), 'a key must be text of 1 to 1024 bytes without {}()/\\@: int given'); }
if ($new) {
    passthru(escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . ' ' . escapeshellarg(__FILE__) . ' 1');
}
?>
--EXPECT--
ok: set, get
ok: has, delete
ok: many
ok: an interval
ok: over at once
ok: cleared
ok: what is wrong
ok: set, get
ok: has, delete
ok: many
ok: an interval
ok: over at once
ok: cleared
ok: what is wrong
