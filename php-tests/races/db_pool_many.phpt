--TEST--
Db: 10,000 coroutines and ten connections: each gets its turn in its order, none is lost
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, temp_path};
use Highper\Db;
use Highper\Db\PoolException;

scope(function () {
    $db = new Db('sqlite:' . temp_path('a.db') . '?pool.max=10&pool.queue=10000&pool.wait=50');
    $order = $tasks = [];
    $wrong = 0;
    for ($n = 0; $n < 10_000; $n++) {
        $tasks[] = async(function () use ($db, $n, &$order, &$wrong) {
            $wrong += $db->fetchValue('SELECT ?', [$n]) === $n ? 0 : 1;
            $order[] = $n;
        });
    }
    check('in line', [$db->stats()['waiting'] > 5000, $db->stats()['taken']], [true, 10]);
    await($tasks);
    $far = 0;
    foreach ($order as $at => $n) {
        $far = max($far, abs($at - $n));
    }
    check('all', [count($order), $wrong, $db->stats()['waiting'], $db->stats()['taken'], $db->stats()['refused']], [10_000, 0, 0, 0, 0]);
    check('in order', $far <= 500);

    $small = new Db('sqlite:' . temp_path('a.db') . '?pool.max=1&pool.queue=5&pool.wait=50');
    $hold = async(function () use ($small, &$go) { $tx = $small->begin(); while (!$go) { usleep(1000); } $tx->rollback(); });
    HighperTest\wait_until(fn () => count($small->stats()['held']) === 1, 'the only connection in use');
    $tasks = array_map(fn () => async(function () use ($small) { try { return $small->fetchValue('SELECT 1'); } catch (PoolException $e) { return preg_replace('~/\S*~', '', $e->getMessage()); } }), range(1, 8));
    $go = true;
    check('no more than may', array_count_values(await($tasks)), [1 => 5, '[08004] no connection to sqlite: 5 wait for one already; pool.max is how many there are, pool.wait how long one waits, in: SELECT ?' => 3]);
});
?>
--EXPECT--
ok: in line
ok: all
ok: in order
ok: no more than may
