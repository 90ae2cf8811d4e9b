--TEST--
Db: transactions that are suspended for ever: others are told who has the connection, where and since when; cancelled, out of time, or with the server gone meanwhile they are undone, and nobody takes them for done
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'initdb', 'postgres') ?: (extension_loaded('pdo_mysql') && extension_loaded('pdo_pgsql') ? '' : 'skip PDO for both is missing');
?>
--TIMEOUT--
120
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, temp_path, wait_until};
use Highper\{CancelledException, Db, DeadlineException};
use Highper\Db\{ConnectionException, PoolException};

$thrown = function (callable $do): array {
    try { return ['nothing', $do()]; } catch (Throwable $e) { return [$e::class, $e->getMessage()]; }
};
foreach ([
    'mysql' => [HighperTest\Database::mariaDb(...), 'mysql://root@localhost/test?socket=' . temp_path('mariadb.sock')],
    'postgres' => [HighperTest\Database::postgres(...), 'postgres://test@localhost/postgres?host=' . temp_path('postgres')],
] as $kind => [$start, $url]) {
    $server = $start();
    scope(function () use ($server, $url, $kind, $thrown) {
        $other = new Db($url);
        $other->execute('CREATE TABLE t (n INT)');
        $db = new Db("{$url}&pool.max=1&pool.wait=0.05");
        $rows = fn () => (int) $other->fetchValue('SELECT count(*) FROM t');
        // Goes on when it is told to, if ever.
        $suspended = function (callable $after, ?Db $on = null) use ($db, $thrown): object {
            $on ??= $db;
            $own = (object) ['id' => 0, 'is' => false];
            $own->task = async(fn () => $own->end = $thrown(fn () => $on->transaction(function () use ($on, $own, $after) {
                $on->execute('INSERT INTO t VALUES (1)');
                [$own->id, $own->is] = [Co::getCid(), true];
                Co::yield();
                return $after();
            })));
            wait_until(fn () => $own->is, 'the transaction');
            return $own;
        };
        $own = $suspended(fn () => 1);
        $line = __LINE__ - 10;
        [$class, $message] = $thrown(fn () => $db->fetchValue('SELECT 1'));
        check("{$kind}: others are told", [$class, (bool) preg_match("~coroutine {$own->id} has had one the longest, taken at \S*suspended\.phpt\S*:{$line}\b~", $message) ?: $message], [PoolException::class, true]);
        $held = $db->stats()['held'];
        usleep(20_000);
        check("{$kind}: and the figures", [count($held), $held[0]['coroutine'], str_ends_with($held[0]['place'], ":{$line}"), $db->stats()['held'][0]['seconds'] - $held[0]['seconds'] > 0.015], [1, $own->id, true, true]);
        $own->task->cancel();
        wait_until(fn () => isset($own->end), 'the end');
        check("{$kind}: cancelled", [$own->end[0], $rows(), $db->fetchValue('SELECT 7'), $db->stats()['held']], [CancelledException::class, 0, 7, []]);

        check("{$kind}: out of time", [$thrown(fn () => timeout(0.05, fn () => $db->transaction(function () use ($db) { $db->execute('INSERT INTO t VALUES (2)'); Co::yield(); })))[0], $rows(), $db->fetchValue('SELECT 7')], [DeadlineException::class, 0, 7]);

        $both = new Db("{$url}&pool.max=2");
        $two = ['a statement' => $suspended(fn () => $both->fetchValue('SELECT 1'), $both), 'nothing more' => $suspended(fn () => 'done', $both)];
        $server->kill();
        $server->start();
        foreach ($two as $what => $own) {
            Co::resume($own->id);
            check("{$kind}: the server was started anew, then {$what}", [await($own->task)[0], $rows(), $both->fetchValue('SELECT 7'), $db->fetchValue('SELECT 7')], [ConnectionException::class, 0, 7, 7]);
        }
        check("{$kind}: none is kept", [$both->stats()['taken'], $db->stats()['taken']], [0, 0]);
        $own = $suspended(fn () => 'done');
        Co::resume($own->id);
        check("{$kind}: told to go on", [await($own->task), $rows()], [['nothing', 'done'], 1]);
    });
}
?>
--EXPECT--
ok: mysql: others are told
ok: mysql: and the figures
ok: mysql: cancelled
ok: mysql: out of time
ok: mysql: the server was started anew, then a statement
ok: mysql: the server was started anew, then nothing more
ok: mysql: none is kept
ok: mysql: told to go on
ok: postgres: others are told
ok: postgres: and the figures
ok: postgres: cancelled
ok: postgres: out of time
ok: postgres: the server was started anew, then a statement
ok: postgres: the server was started anew, then nothing more
ok: postgres: none is kept
ok: postgres: told to go on
