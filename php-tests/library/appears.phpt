--TEST--
The classes that are written in PHP appear when they are asked for, before any autoloader; functions forward to them
--EXTENSIONS--
highper
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;

$asked = [];
spl_autoload_register(static function (string $class) use (&$asked): void { $asked[] = $class; }, true, true);

check('without autoloading', class_exists('\Swoole\ObjectProxy', false) && !class_exists('Swoole\Nothing', false));
class Pool extends Swoole\ConnectionPool {}
check('its parent is a file of the library', (new ReflectionClass(Pool::class))->getParentClass()->getFileName(), '@swoole/library/core/ConnectionPool.php');
check('a string names it', is_a('Swoole\MultibyteStringObject', 'Swoole\StringObject', true));
check('no autoloader was asked', $asked, []);

$calls = [fn () => swoole_string(12), fn () => swoole_string(), fn () => swoole_array_default_value([1], 0, 1, 2, 3), fn () => swoole_table(1, 'a:b'), fn () => swoole_table()];
foreach ($calls as $call) {
    try { echo json_encode($call()), "\n"; } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
}
check('names', [swoole_string(string: 'a')->toString(), swoole_array_list(a: 1, b: 2)->toArray()], ['a', ['a' => 1, 'b' => 2]]);
check('a callable', array_map('strval', array_map('swoole_string', ['a', 'b'])), ['a', 'b']);
check('by reference', (static function (): array { Swoole\Coroutine\run(static function () use (&$out, &$code) { swoole_exec('echo 1; echo 2; exit 3', $out, $code); }); return [$out, $code]; })(), [['1', '2'], 3]);
try { _array([])->get('x'); } catch (Exception $e) { echo get_class($e), '(', $e->getMessage(), ') in ', $e->getFile(), "\n"; }
echo new ReflectionFunction('swoole_mbstring');

// In the middle of a function that knows nothing of other variables than its own.
function measured(int $n): int { $sum = 0; for ($i = 0; $i < $n; $i++) { $sum += strlen((string) new Swoole\StringObject('ab')); } return $sum + count(get_defined_vars()); }
check('variables stay apart', measured(100), 203);
check('get_declared_classes() has them all', in_array('Swoole\Database\PDOPool', get_declared_classes(), true));

// Coroutines that ask for the same class at the same time.
Swoole\Coroutine\run(static function () {
    $done = 0;
    for ($i = 0; $i < 20; $i++) {
        Swoole\Coroutine::create(static function () use (&$done) { $done += Swoole\Http\Status::getReasonPhrase(404) === 'Not Found' ? 1 : 0; });
    }
    check('in coroutines', $done, 20);
});
// After a fork.
$process = new Swoole\Process(static function () { check('after a fork', (string) (new Swoole\Database\RedisConfig())->getPort(), '6379'); }, false, 0, false);
$process->start();
Swoole\Process::wait();
?>
--EXPECT--
ok: without autoloading
ok: its parent is a file of the library
ok: a string names it
ok: no autoloader was asked
TypeError: swoole_string(): Argument #1 ($string) must be of type string, int given
{}
1
RuntimeException: unknown field type[b]
ArgumentCountError: Too few arguments to function swoole_table(), 0 passed and exactly 2 expected
ok: names
ok: a callable
ok: by reference
Swoole\Exception\ArrayKeyNotExists(x) in @swoole/library/core/ArrayObject.php
Function [ <internal:swoole> function swoole_mbstring ] {

  - Parameters [1] {
    Parameter #0 [ <optional> string $string = "" ]
  }
  - Return [ Swoole\MultibyteStringObject ]
}
ok: variables stay apart
ok: get_declared_classes() has them all
ok: in coroutines
ok: after a fork
