--TEST--
Db: statements, transactions and cursors of many coroutines that are cancelled anywhere: each answer is its own, and no connection is lost
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'initdb', 'postgres') ?: (extension_loaded('pdo_mysql') && extension_loaded('pdo_pgsql') ? '' : 'skip PDO for both is missing');
?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, temp_path};
use Highper\{CancelledException, Db};

$mysql = HighperTest\Database::mariaDb();
$postgres = HighperTest\Database::postgres();
$urls = [
    'sqlite:' . temp_path('a.db') . '?journal_mode=wal&synchronous=off&pool.max=4&pool.wait=30',
    'mysql://root@localhost/test?pool.max=4&pool.wait=30&socket=' . temp_path('mariadb.sock'),
    'postgres://test@localhost/postgres?pool.max=4&pool.wait=30&host=' . temp_path('postgres'),
];
mt_srand(11);
foreach ($urls as $url) {
    scope(function () use ($url) {
        $db = new Db($url);
        $db->execute('CREATE TABLE pairs (a INT, b INT)');
        $wrong = $done = 0;
        $tasks = [];
        $rows = ['sqlite' => 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000) SELECT x, ? AS n FROM c', 'mysql' => 'SELECT seq AS x, ? AS n FROM seq_1_to_2000', 'postgres' => 'SELECT x, ?::int AS n FROM generate_series(1, 2000) x'][$db->driver()];
        $one = $db->driver() === 'postgres' ? 'SELECT ?::int' : 'SELECT ?';
        for ($n = 0; $n < 300; $n++) {
            $tasks[] = async(function () use ($db, $n, $rows, $one, &$wrong, &$done) {
                switch ($n % 4) {
                    case 0:
                        $wrong += $db->fetchValue($one, [$n]) === $n ? 0 : 1;
                        break;
                    case 1:
                        $db->transaction(function ($tx) use ($db, $n, $one, &$wrong) {
                            $tx->insert('pairs', ['a' => $n, 'b' => 0]);
                            $wrong += $db->fetchValue($one, [$n]) === $n ? 0 : 1;
                            $db->insert('pairs', ['a' => 0, 'b' => $n]);
                        });
                        break;
                    case 2:
                        $at = 0;
                        foreach ($db->iterate($rows, [$n]) as $row) {
                            $wrong += $row['x'] === ++$at && $row['n'] === $n ? 0 : 1;
                        }
                        $wrong += $at === 2000 ? 0 : 1;
                        break;
                    case 3:
                        $tx = $db->begin();
                        $tx->insert('pairs', ['a' => $n, 'b' => 0]);
                        $n % 8 === 3 ? $tx->rollback() : null;
                        break;
                }
                $done++;
            });
        }
        $cancelled = 0;
        foreach ($tasks as $at => $task) {
            if (mt_rand(0, 2) === 0) {
                usleep(mt_rand(0, 400));
                $cancelled += (int) $task->cancel();
            }
        }
        foreach ($tasks as $task) {
            try { await($task); } catch (CancelledException) { }
        }
        $stats = $db->stats();
        [$a, $b] = [$db->fetchValue('SELECT coalesce(sum(a), 0) FROM pairs'), $db->fetchValue('SELECT coalesce(sum(b), 0) FROM pairs')];
        check($db->driver(), [$wrong, (int) $a === (int) $b, $stats['taken'], $stats['waiting'], $stats['idle'] <= 4, $done >= 300 - $cancelled], [0, true, 0, 0, true, true]);
        check('goes on', await(array_map(fn ($n) => async(fn () => $db->fetchValue($one, [$n])), range(1, 20))), range(1, 20));
    });
}
?>
--EXPECT--
ok: sqlite
ok: goes on
ok: mysql
ok: goes on
ok: postgres
ok: goes on
