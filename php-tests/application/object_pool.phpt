--TEST--
Highper\Pool: objects are lent to one coroutine at a time, come back at its end, are checked and replaced; fair, bounded
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\{Pool, PoolException};
use function Highper\{async, await, scope, timeout};
use function HighperTest\check;

final class Dear
{
    public static int $made = 0, $gone = 0;
    public readonly int $number;
    public int $used = 0;
    public function __construct() { $this->number = ++self::$made; }
    public function __destruct() { self::$gone++; }
}
$fails = function (callable $do): string {
    try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ': ' . $e->getMessage(); }
};
$pool = new Pool(fn () => new Dear(), max: 2, wait: 0.05, queue: 3);
check('outside of coroutines', $pool->use(fn (Dear $d) => $d->number), 1);
$one = $pool->get();
check('is out', [$one->number, $pool->stats()['taken'], $pool->stats()['idle'], str_starts_with($pool->stats()['held'][0]['place'], __FILE__ . ':')], [1, 1, 0, true]);
$pool->put($one);
check('is back', [$pool->stats()['taken'], $pool->stats()['idle']], [0, 1]);
echo $fails(fn () => $pool->put($one)), "\n";
unset($one);
scope(function () use ($pool, $fails) {
    await([async(function () use ($pool) {
        [$a, $b] = [$pool->get(), $pool->get()];
        check('two at the same time', [$a !== $b, $pool->stats()['taken']], [true, 2]);
    })]);
    check('they came back at the end of the coroutine', [$pool->stats()['taken'], $pool->stats()['idle']], [0, 2]);
    $most = 0;
    await(array_map(function () use ($pool, &$most) { return async(function () use ($pool, &$most) {
        timeout(5, function () use ($pool, &$most) { $pool->use(function (Dear $d) use ($pool, &$most) { usleep(100); $d->used++; $most = max($most, $pool->stats()['taken']); }); });
    }); }, range(1, 5)));
    check('never more than there may be', [$most, Dear::$made], [2, 2]);
    $order = [];
    $all = [$pool->get(), $pool->get()];
    $tasks = array_map(function ($n) use ($pool, &$order) { return async(function () use ($pool, $n, &$order) { $pool->use(function () use ($n, &$order) { $order[] = $n; }); }); }, range(1, 3));
    echo $fails(fn () => $pool->get()), "\n";
    $pool->put($all[0]);
    await($tasks);
    check('first come, first served', $order, [1, 2, 3]);
    $task = async(fn () => $fails(fn () => $pool->get() && $pool->get()));
    echo preg_replace('~(?<=within )[\d.]+|coroutine \d+|/\S+~', '…', await($task)), "\n";
    $task = async(fn () => $fails(fn () => timeout(0.01, fn () => $pool->get() && $pool->get())));
    check('its time is over', str_starts_with(await($task), 'Highper\DeadlineException'));
    check('what use() throws', [$fails(fn () => $pool->use(fn () => throw new LogicException('mine'))), $pool->stats()['idle'] > 0], ['LogicException: mine', true]);
});
check('all are back', [$pool->stats()['taken'], $pool->stats()['idle'], Dear::$made], [0, 2, 2]);
$pool->clear();
check('cleared', [$pool->stats()['idle'], Dear::$gone], [0, 2]);
$checked = new Pool(fn () => new Dear(), check: function (Dear $d) { return $d->used++ < 1; });
$numbers = [];
for ($n = 0; $n < 4; $n++) {
    $numbers[] = $checked->use(fn (Dear $d) => $d->number);
}
check('checked before it serves again', $numbers, [3, 3, 4, 4]);
echo $fails(fn () => (new Pool(fn () => 5))->get()), "\n";
$broken = new Pool(fn () => throw new RuntimeException('no'), max: 1);
check('a factory that fails takes no place', [$fails(fn () => $broken->get()), $fails(fn () => $broken->get())], ['RuntimeException: no', 'RuntimeException: no']);
echo $fails(fn () => new Pool(fn () => 1, max: 0)), "\n";
?>
--EXPECT--
ok: outside of coroutines
ok: is out
ok: is back
LogicException: this object is not lent by this pool: it was put back before, or made by somebody else
ok: two at the same time
ok: they came back at the end of the coroutine
ok: never more than there may be
Highper\PoolException: the pool has no object: 3 wait for one already
ok: first come, first served
Highper\PoolException: the pool has no object: none of the 2 became free within … s; … has had one the longest, taken at …
ok: its time is over
ok: what use() throws
ok: all are back
ok: cleared
ok: checked before it serves again
TypeError: the factory of a pool must return an object, int returned
ok: a factory that fails takes no place
ValueError: Highper\Pool::__construct(): Argument #2 ($max) must be greater than 0
