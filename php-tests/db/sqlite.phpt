--TEST--
Db: SQLite: statements, values, results, transactions, errors
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, temp_path};
use Highper\{Db, Transaction};
use Highper\Db\{ConnectionException, DbException, UniqueException};

enum Level: int { case Low = 1; case High = 2; }
final readonly class Row { public function __construct(public int $id, public ?string $name, public Level $level, public bool $isOpen, public float $price, public array $tags = [], public string $extra = 'none') {} }
final class Loose { public int $id; public ?string $name = null; }
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . $e->getMessage(); } };

$all = function (Db $db) use ($error): void {
    $db->execute('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, level INT, is_open INT, price NUM, tags TEXT)');
    check('inserted', [$db->insert('t', ['name' => "O'Hara", 'level' => Level::High, 'is_open' => true, 'price' => 1.5, 'tags' => '["a","b"]'])->lastInsertId, $db->insert('t', [['name' => 'x', 'level' => 1], ['name' => 'y', 'level' => 1]])->lastInsertId], [1, 3]);
    check('types', $db->fetchOne("SELECT 1 AS i, 1.5 AS f, NULL AS n, ? AS s, x'00ff' AS b, '?' AS q", ["ä\0"]), ['i' => 1, 'f' => 1.5, 'n' => null, 's' => "ä\0", 'b' => "\0\xff", 'q' => '?']);
    check('names', $db->fetchValue('SELECT :a || :b || :a', ['a' => 'x', ':b' => 'y']), 'xyx');
    $row = $db->fetchOne('SELECT * FROM t WHERE id = ?', [1], as: Row::class);
    check('an object', [$row->id, $row->name, $row->level, $row->isOpen, $row->price, $row->tags, $row->extra], [1, "O'Hara", Level::High, true, 1.5, ['a', 'b'], 'none']);
    check('properties', $db->fetchAll('SELECT id, name FROM t WHERE id > ? ORDER BY id', [1], as: Loose::class)[1]->name, 'y');
    check('none', [$db->fetchOne('SELECT * FROM t WHERE id = 9'), $db->fetchValue('SELECT id FROM t WHERE id = 9'), $db->fetchAll('SELECT id FROM t WHERE id = 9')], [null, null, []]);
    check('a column', $db->fetchColumn('SELECT name FROM t ORDER BY id'), ["O'Hara", 'x', 'y']);
    check('changed', [$db->update('t', ['level' => 2], ['name' => ['x', 'y']]), $db->update('t', ['price' => 3], ['price' => null]), $db->delete('t', ['id' => []]), $db->execute('UPDATE t SET level = 1 WHERE level = ?', [2])], [2, 2, 0, 3]);
    $result = $db->query('SELECT id, name FROM t ORDER BY id');
    check('a result', [count($result), $result->columns(), iterator_to_array($result)[2], $result->fetchValue(), $result->affectedRows, $result->lastInsertId], [3, ['id', 'name'], ['id' => 3, 'name' => 'y'], 1, 0, null]);

    check('committed', $db->transaction(function (Transaction $tx) use ($db) { $tx->insert('t', ['name' => 'z']); return $db->fetchValue('SELECT count(*) FROM t'); }), 4);
    check('rolled back', $error(fn () => $db->transaction(function () use ($db) { $db->delete('t', ['name' => 'z']); throw new LogicException('back'); })), 'LogicException back');
    $db->transaction(function (Transaction $tx) use ($db, $error) {
        $tx->insert('t', ['name' => 'outer']);
        $error(fn () => $db->transaction(fn ($inner) => [$inner->insert('t', ['name' => 'inner']), throw new LogicException]));
        $tx->transaction(fn () => $db->insert('t', ['name' => 'inner 2']));
    });
    check('in one another', $db->fetchColumn('SELECT name FROM t WHERE id > 3 ORDER BY id'), ['z', 'outer', 'inner 2']);
    $tx = $db->begin();
    $tx->delete('t', ['name' => 'z']);
    check('open', [$tx->isActive(), $db->fetchValue('SELECT count(*) FROM t')], [true, 5]);
    $tx->rollback();
    check('by hand', [$tx->isActive(), $db->fetchValue('SELECT count(*) FROM t')], [false, 6]);
    echo $error(fn () => $tx->execute('DELETE FROM t')), "\n";
    $tx = $db->begin();
    $tx->execute('CREATE TABLE gone (x)');
    if ($db->stats()['database'] !== 'sqlite::memory:') {
        unset($tx);
        check('let go', $error(fn () => $db->query('SELECT * FROM gone')) !== 'nothing');
    } else {
        $tx->rollback();
    }
    check('pinned', $db->pin(fn () => $db->execute('CREATE TEMP TABLE own (x)') + $db->insert('own', ['x' => 7])->affectedRows), 1);

    foreach ([
        fn () => $db->query('SELECT * FROM nowhere WHERE a = 12'),
        fn () => $db->query('SELECT ?, ?', [1]),
        fn () => $db->query('SELECT :a', ['b' => 1]),
        fn () => $db->query('SELECT ?', [[1, 2]]),
        fn () => $db->query('SELECT ?', [new ArrayObject]),
        fn () => $db->insert('t', ['name' => 'x']),
        fn () => $db->fetchAll('DELETE FROM t WHERE id = 99'),
        fn () => $db->update('t', ['name' => 1], []),
        fn () => $db->query("SELEC 'secret'"),
        fn () => $db->query('SELECT 1; SELECT 2'),
        fn () => $db->execute('BEGIN'),
        fn () => $db->fetchOne('SELECT id, name, level FROM t', as: Row::class),
        fn () => $db->fetchOne('SELECT id, name, level, 5 AS is_open, price FROM t', as: Row::class),
        fn () => $db->fetchOne('SELECT NULL AS id', as: Loose::class),
        fn () => $db->fetchOne('SELECT 1', as: 'Nope'),
    ] as $do) {
        echo $error($do), "\n";
    }
    try {
        $db->insert('t', ['name' => 'secret', 'id' => 1]);
    } catch (UniqueException $e) {
        check('what an exception knows', [$e->sqlState, $e->driverCode, $e->statement], ['23000', 1555, 'INSERT INTO "t" ("name", "id") VALUES (?, ?)']);
    }
};
echo "-- in memory\n";
$all(new Db('sqlite::memory:'));
echo "-- a file, in a coroutine\n";
scope(fn () => $all(new Db('sqlite:' . temp_path('a.db') . '?journal_mode=wal')));
echo "-- coroutines\n";
$db = new Db(['url' => 'sqlite:' . temp_path('b.db'), 'journal_mode' => 'wal', 'pool' => ['max' => 2]]);
$db->execute('CREATE TABLE n (v INT)');
scope(function () use ($db, $error) {
    $sum = await(array_map(fn ($n) => async(fn () => $db->transaction(fn ($tx) => $tx->insert('n', ['v' => $n])->affectedRows)), range(1, 50)));
    check('fifty writers with two connections', [array_sum($sum), $db->fetchValue('SELECT sum(v) FROM n'), $db->stats()['idle'] + $db->stats()['taken'] <= 2], [50, 1275, true]);
    $early = async(function () use ($db) { usleep(20_000); return $db->fetchValue('SELECT 5'); });
    $db->transaction(function (Transaction $tx) use ($db, $error, $early) {
        echo preg_replace(['~coroutine \d+~', '~/\S*/~'], ['coroutine N', ''], await(async(fn () => $error(fn () => $db->fetchValue('SELECT 1'))))), "\n";
        echo preg_replace(['~coroutine \d+~', '~/\S*/~'], ['coroutine N', ''], await(async(fn () => $error(fn () => $tx->fetchValue('SELECT 1'))))), "\n";
        check('one from before the transaction', await($early), 5);
        check('held', array_map(fn ($h) => basename($h['place']), $db->stats()['held']), [basename(__FILE__) . ':' . (__LINE__ - 4)]);
    });
    $n = 0;
    foreach ($db->iterate('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5000) SELECT x FROM c') as $at => $row) {
        $n += $row['x'] === $at + 1 ? 1 : 0;
    }
    check('streamed', $n, 5000);
    foreach ($db->iterate('SELECT v FROM n') as $row) {
        break;
    }
    unset($row);
    check('left early', $db->stats()['taken'] <= 1);
    $late = $error(fn () => Highper\timeout(0.05, fn () => $db->fetchValue('WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c')));
    check('its time is over', $late, 'Highper\DeadlineException the time for this is over');
    check('goes on', $db->fetchValue('SELECT count(*) FROM n'), 50);
    await(async(function () use ($db) { $db->begin()->insert('n', ['v' => 1]); $GLOBALS['kept'] = $db->begin(); $GLOBALS['kept']->insert('n', ['v' => 1]); }));
    check('what ends with its coroutine', [$db->fetchValue('SELECT count(*) FROM n'), $db->stats()['taken']], [50, 0]);
});
echo $error(fn () => (new Db('sqlite:/nowhere/at/all.db'))->query('SELECT 1')), "\n";
echo $error(fn () => new Db('mysql://root@localhost/x?sll=on')), "\n";
?>
--EXPECT--
-- in memory
ok: inserted
ok: types
ok: names
ok: an object
ok: properties
ok: none
ok: a column
ok: changed
ok: a result
ok: committed
ok: rolled back
ok: in one another
ok: open
ok: by hand
Highper\Db\DbException [HY000] this transaction is over, in: DELETE FROM t
ok: pinned
Highper\Db\DbException [42S02] no such table: nowhere, in: SELECT * FROM nowhere WHERE a = ?
Highper\Db\DbException [HY000] the statement has 2 ? and 1 values were given, in: SELECT ?, ?
Highper\Db\DbException [HY000] no value was given for :a, in: SELECT :a
Highper\Db\DbException [HY000] value 1 is an array, and a place takes one value: encode it as JSON, or write a ? for each
Highper\Db\DbException [HY000] value 1 is an object of ArrayObject, which is no value for a database: scalars, null, dates, backed enums and objects with __toString() are
Highper\Db\UniqueException [23000] UNIQUE constraint failed: t.name, in: INSERT INTO "t" ("name") VALUES (?)
Highper\Db\DbException [HY000] this statement gives no rows to fetch; use execute(), in: DELETE FROM t WHERE id = ?
Highper\Db\DbException [HY000] update() needs conditions; for all rows of a table use execute()
Highper\Db\DbException [42000] near "…": syntax error, in: SELEC ?
Highper\Db\DbException [42601] there are several statements in one text; run them one by one, in: SELECT ?; SELECT ?
Highper\Db\DbException [HY000] this statement has begun a transaction on a connection that others get next, so it was rolled back; use transaction(), begin() or pin(), in: BEGIN
Highper\Db\DbException [HY000] Row needs $isOpen, and the rows have no such column; they have id, name, level
Highper\Db\DbException [HY000] Row::$isOpen can't be made of the column is_open: it must be true or false, int given
Highper\Db\DbException [HY000] Loose::$id can't be made of the column id: it is NULL, and the type is int
Highper\Db\DbException [HY000] rows can't become objects of Nope: there is no such class that could be made
ok: what an exception knows
-- a file, in a coroutine
ok: inserted
ok: types
ok: names
ok: an object
ok: properties
ok: none
ok: a column
ok: changed
ok: a result
ok: committed
ok: rolled back
ok: in one another
ok: open
ok: by hand
Highper\Db\DbException [HY000] this transaction is over, in: DELETE FROM t
ok: let go
ok: pinned
Highper\Db\DbException [42S02] no such table: nowhere, in: SELECT * FROM nowhere WHERE a = ?
Highper\Db\DbException [HY000] the statement has 2 ? and 1 values were given, in: SELECT ?, ?
Highper\Db\DbException [HY000] no value was given for :a, in: SELECT :a
Highper\Db\DbException [HY000] value 1 is an array, and a place takes one value: encode it as JSON, or write a ? for each
Highper\Db\DbException [HY000] value 1 is an object of ArrayObject, which is no value for a database: scalars, null, dates, backed enums and objects with __toString() are
Highper\Db\UniqueException [23000] UNIQUE constraint failed: t.name, in: INSERT INTO "t" ("name") VALUES (?)
Highper\Db\DbException [HY000] this statement gives no rows to fetch; use execute(), in: DELETE FROM t WHERE id = ?
Highper\Db\DbException [HY000] update() needs conditions; for all rows of a table use execute()
Highper\Db\DbException [42000] near "…": syntax error, in: SELEC ?
Highper\Db\DbException [42601] there are several statements in one text; run them one by one, in: SELECT ?; SELECT ?
Highper\Db\DbException [HY000] this statement has begun a transaction on a connection that others get next, so it was rolled back; use transaction(), begin() or pin(), in: BEGIN
Highper\Db\DbException [HY000] Row needs $isOpen, and the rows have no such column; they have id, name, level
Highper\Db\DbException [HY000] Row::$isOpen can't be made of the column is_open: it must be true or false, int given
Highper\Db\DbException [HY000] Loose::$id can't be made of the column id: it is NULL, and the type is int
Highper\Db\DbException [HY000] rows can't become objects of Nope: there is no such class that could be made
ok: what an exception knows
-- coroutines
ok: fifty writers with two connections
Highper\Db\DbException [HY000] coroutine N was started inside a transaction of coroutine N (begun at sqlite.phpt.php:87), whose connection it can't share; do the database's work there, or start the coroutine before or after it, in: SELECT ?
Highper\Db\DbException [HY000] coroutine N can't use a transaction of coroutine N (begun at sqlite.phpt.php:87): a connection serves one coroutine at a time, in: SELECT ?
ok: one from before the transaction
ok: held
ok: streamed
ok: left early
ok: its time is over
ok: goes on
ok: what ends with its coroutine
Highper\Db\ConnectionException [08001] cannot connect to sqlite:/nowhere/at/all.db: cannot open /nowhere/at/all.db: unable to open database file: /nowhere/at/all.db, in: SELECT ?
Highper\Db\DbException [HY000] there is no setting 'sll'; there are url, driver, host, port, socket, user, password, database, ssl, ca, timezone, schema, name, charset, collation, connect_timeout, timeout, statements, read, write, sticky, lag, busy_timeout, read_only, journal_mode, foreign_keys, synchronous, and pool with max, min, wait, queue, idle, lifetime, check
