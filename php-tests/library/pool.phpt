--TEST--
ConnectionPool: as many connections as its size, waiting, broken ones, an end
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};
use Swoole\ConnectionPool;
use Swoole\Coroutine;

class Connection { public static int $made = 0; public int $number; public function __construct() { Coroutine::sleep(0.005); $this->number = ++self::$made; } }

class P extends Swoole\ObjectProxy { public function __construct(callable $make) { parent::__construct($make()); } }

run(static function () {
    $pool = new ConnectionPool(static fn () => new Connection(), 3);
    $in = $most = 0;
    $group = new Coroutine\WaitGroup();
    for ($i = 0; $i < 12; $i++) {
        go(static function () use ($pool, $group, &$in, &$most) {
            $group->add();
            $connection = $pool->get();
            $most = max($most, ++$in);
            Coroutine::sleep(0.003);
            --$in;
            $pool->put($connection);
            $group->done();
        });
    }
    $group->wait();
    check('three serve twelve', [Connection::$made, $most], [3, 3]);
    $held = [$pool->get(), $pool->get(), $pool->get()];
    $start = microtime(true);
    check('none free', $pool->get(0.02), false);
    check('it waited', microtime(true) - $start > 0.015);
    go(static function () use ($pool) { Coroutine::sleep(0.005); $pool->put(null); });
    check('a broken one is replaced', $pool->get(1)->number, 4);

    $failing = new ConnectionPool(static function () { static $times = 0; Coroutine::sleep(0.001); return ++$times < 3 ? throw new RuntimeException("no server {$times}") : new ArrayObject(); }, 1);
    for ($i = 0; $i < 3; $i++) {
        try { check('connected at last', $failing->get()::class, 'ArrayObject'); } catch (RuntimeException $e) { echo $e->getMessage(), "\n"; }
    }

    $filled = new ConnectionPool(static fn () => new Connection(), 2);
    $before = Connection::$made;
    $filled->fill();
    check('filled', [Connection::$made - $before, $filled->get(0.001)->number], [2, $before + 1]);

    $proxied = new ConnectionPool(static fn () => new ArrayObject([1, 2]), 1, proxy: P::class);
    check('a proxy stands for it', [$proxied->get()->count(), $proxied->get(0.001)], [2, false]);

    $one = new ConnectionPool(static fn () => new ArrayObject(), 1);
    $lent = $one->get();
    go(static function () use ($one) { Coroutine::sleep(0.002); $one->close(); });
    check('who waits is told of the end', $one->get(1), false);
    $one->put($lent);
    try { $one->get(); } catch (RuntimeException $e) { echo $e->getMessage(), "\n"; }
});

$o = new Swoole\ObjectProxy(new #[AllowDynamicProperties] class { public $a = 1; public function add(int $x) { return $this->a += $x; } public function __invoke($x) { return $x . '!'; } });
$o->b = 2; unset($o->a);
check('a proxy of any object', [$o->b, isset($o->a), isset($o->b), $o('x'), $o->__getObject() === $o->__getObject()], [2, false, true, 'x!', true]);
?>
--EXPECT--
ok: three serve twelve
ok: none free
ok: it waited
ok: a broken one is replaced
no server 1
no server 2
ok: connected at last
ok: filled
ok: a proxy stands for it
ok: who waits is told of the end
Pool has been closed
ok: a proxy of any object
