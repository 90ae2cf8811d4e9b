--TEST--
Db: MariaDB: types, prepared statements, transactions, sessions, errors, cancelled statements, a server that is killed
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db') ?: (extension_loaded('pdo_mysql') ? '' : 'skip pdo_mysql is missing');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, temp_path, wait_until};
use Highper\{Db, Transaction};
use Highper\Db\{ConnectionException, DbException, PoolException, UniqueException};

$server = HighperTest\Database::mariaDb();
$url = 'mysql://root@localhost/test?socket=' . temp_path('mariadb.sock');
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return preg_replace('~coroutine \d+|/\S*/~', '', $e::class . ' ' . $e->getMessage()); } };
final readonly class Item { public function __construct(public int $id, public string $price, public DateTimeImmutable $madeAt, public array $data) {} }

scope(function () use ($server, $url, $error) {
    $db = new Db("{$url}&pool.max=4&timezone=%2B00:00");
    $db->execute('CREATE TABLE v (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, price DECIMAL(20,4), made_at DATETIME(3), data JSON, big BIGINT UNSIGNED, tiny TINYINT, f FLOAT, d DOUBLE, day DATE, t TIME, bits BIT(9), y YEAR, b VARBINARY(9), text LONGTEXT, UNIQUE (tiny)) CHARACTER SET utf8mb4');
    $values = ['price' => '12345678901234.5670', 'made_at' => '2026-01-02 03:04:05.678', 'data' => '{"a":1}', 'big' => '18446744073709551615', 'tiny' => -1, 'f' => 1.1, 'd' => 1e100, 'day' => '2026-12-31', 't' => '-26:03:04', 'bits' => 5, 'y' => 2026, 'b' => "\0\xff\xfe", 'text' => 'ä€😀'];
    check('inserted', $db->insert('v', $values)->lastInsertId, 1);
    $wanted = ['id' => 1] + $values;
    check('types, prepared', $db->fetchOne('SELECT * FROM v WHERE id = ?', [1]), $wanted);
    check('types, plain', $db->fetchOne('SELECT * FROM v'), $wanted);
    check('again', $db->fetchOne('SELECT * FROM v WHERE id = ?', [1]), $wanted);
    $item = $db->fetchOne('SELECT * FROM v WHERE id = :id', ['id' => 1], as: Item::class);
    check('an object', [$item->price, $item->madeAt->format('H:i:s.v'), $item->data], ['12345678901234.5670', '03:04:05.678', ['a' => 1]]);
    check('values', $db->fetchOne('SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e', [null, true, -5, 1.25, str_repeat('x', 300)]), ['a' => null, 'b' => 1, 'c' => -5, 'd' => 1.25, 'e' => str_repeat('x', 300)]);
    $db->execute('ALTER TABLE v ADD extra INT DEFAULT 3');
    check('another table by the same statement', $db->fetchOne('SELECT * FROM v WHERE id = ?', [1]), $wanted + ['extra' => 3]);
    check('changed', [$db->update('v', ['tiny' => 2], ['id' => 1]), $db->update('v', ['tiny' => 2], ['id' => 1]), $db->execute('DELETE FROM v WHERE id = 99')], [1, 0, 0]);
    check('a procedure', [$db->execute('CREATE PROCEDURE two() BEGIN SELECT 1 AS a; SELECT 2 AS b; END'), $db->fetchAll('CALL two()'), $db->fetchValue('SELECT 3')], [0, [['a' => 1]], 3]);

    check('committed', $db->transaction(function (Transaction $tx) use ($db) { $tx->insert('v', ['tiny' => 5]); return $db->fetchValue('SELECT count(*) FROM v'); }), 2);
    check('rolled back', [$error(fn () => $db->transaction(function () use ($db) { $db->delete('v', ['tiny' => 5]); $db->transaction(fn () => $db->insert('v', ['tiny' => 6])); throw new LogicException('back'); })), $db->fetchColumn('SELECT tiny FROM v ORDER BY id')], ['LogicException back', [2, 5]]);
    $db->transaction(function (Transaction $tx) use ($db, $error) { $tx->insert('v', ['tiny' => 7]); $error(fn () => $db->transaction(fn () => [$db->insert('v', ['tiny' => 8]), throw new LogicException])); });
    check('a savepoint', $db->fetchColumn('SELECT tiny FROM v WHERE tiny > 6'), [7]);
    echo $error(fn () => $db->transaction(function () use ($db) { $db->insert('v', ['tiny' => 9]); $db->execute('CREATE TABLE other (x INT)'); })), "\n";
    echo $db->transaction(fn () => await(async(fn () => $error(fn () => $db->fetchValue('SELECT 1'))))), "\n";
    check('pinned', $db->pin(function (Db $db) { $db->execute('SET @a = 5'); $db->execute('CREATE TEMPORARY TABLE own (x INT)'); return [$db->fetchValue('SELECT @a'), $db->insert('own', ['x' => 1])->affectedRows]; }), [5, 1]);
    check('the session is as new', [$db->fetchValue('SELECT @a'), $db->fetchValue('SELECT @@time_zone'), str_starts_with($error(fn () => $db->query('SELECT * FROM own')), DbException::class), $db->stats()['made']], [null, '+00:00', true, 1]);

    foreach ([
        fn () => $db->query('SELECT * FROM nowhere WHERE a = 12'),
        fn () => $db->query("SELEC 'secret'"),
        fn () => $db->insert('v', ['tiny' => 7, 'text' => 'secret']),
        fn () => $db->insert('v', ['tiny' => "se'cret"]),
        fn () => $db->query('SELECT ?', []),
        fn () => $db->query("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE v"),
        fn () => (new Db(str_replace('root', 'root:wrong', $url)))->query('SELECT 1'),
        fn () => (new Db(str_replace('/test', '/nodb', $url)))->query('SELECT 1'),
        fn () => (new Db('mysql://root@127.0.0.1:1/test'))->query('SELECT 1'),
        fn () => (new Db('mysql://root@no.such.host.invalid/test'))->query('SELECT 1'),
    ] as $do) {
        echo $error($do), "\n";
    }

    check('larger than a packet', array_map(fn ($n) => strlen($db->fetchValue("SELECT repeat('x', {$n})")), [0xFFFFFA - 3, 0xFFFFFF - 4, 0xFFFFFF]), [0xFFFFFA - 3, 0xFFFFFF - 4, 0xFFFFFF]);
    $db->pin(fn () => check('a value larger than a packet', $db->fetchValue('SELECT length(?)', [str_repeat('y', 15_000_000)]), 15_000_000));
    $sum = 0;
    foreach ($db->iterate('SELECT seq AS n, ? AS s FROM seq_1_to_20000', [str_repeat('z', 50)]) as $row) {
        $sum += $row['n'];
    }
    check('streamed', [$sum, $db->stats()['taken']], [200_010_000, 0]);
    foreach ($db->iterate('SELECT seq AS n FROM seq_1_to_20000') as $row) {
        break;
    }
    check('left early', $db->fetchValue('SELECT 1'), 1);

    $running = fn () => (int) $server->pdo()->query("SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(60%'")->fetchColumn();
    check('its time is over', $error(fn () => timeout(0.1, fn () => $db->query('SELECT SLEEP(60)'))), 'Highper\DeadlineException the time for this is over');
    wait_until(fn () => $running() === 0, 'the end of a statement that nobody waits for');
    $task = async(fn () => $db->transaction(fn () => $db->query('SELECT SLEEP(60), ?', [1])));
    wait_until(fn () => $running() === 1, 'a statement that sleeps');
    $task->cancel();
    check('cancelled', str_starts_with($error(fn () => await($task)), 'Highper\CancelledException'));
    wait_until(fn () => $running() === 0, 'the end of a statement that was cancelled');
    $brief = new Db("{$url}&timeout=0.1&pool.max=1&pool.wait=0.05");
    echo $error(fn () => $brief->query('SELECT SLEEP(60)')), "\n";
    $held = async(function () use ($brief) { $tx = $brief->begin(); usleep(200_000); $tx->rollback(); });
    echo preg_replace('~0\.\d+ s|phpt:\d+|\w+\.php~', 'X', await(async(fn () => $error(fn () => $brief->query('SELECT 1'))))), "\n";
    await($held);

    check('all are used', count(array_unique(await(array_map(fn ($n) => async(fn () => $db->fetchValue('SELECT CONNECTION_ID() + 0 * SLEEP(0.05)')), range(1, 8))))) <= 4);
    $dead = $db->fetchColumn('SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()');
    foreach ($dead as $id) {
        $server->pdo()->exec("KILL {$id}");
    }
    check('dead ones are replaced unnoticed', array_sum(await(array_map(fn ($n) => async(fn () => $db->fetchValue('SELECT 1')), range(1, 8)))), 8);

    $task = async(fn () => $error(fn () => $db->query('SELECT SLEEP(60)')));
    $tx = $db->begin();
    $tx->insert('v', ['tiny' => 100]);
    wait_until(fn () => $running() === 1, 'a statement that sleeps');
    $server->kill();
    echo preg_replace('~Exception \[.*~', 'Exception', await($task)), "\n";
    echo preg_replace('~Exception \[.*~', 'Exception', $error(fn () => $tx->insert('v', ['tiny' => 101]))), "\n";
    echo preg_replace('~that it did: \S.*~', 'that it did', $error(fn () => $tx->insert('v', ['tiny' => 102]))), "\n";
    echo preg_replace('~that it did: \S.*~', 'that it did', $error(fn () => $tx->commit())), "\n";
    echo $error(fn () => $db->query('SELECT 1')), "\n";
    $server->start();
    check('it is back', $db->fetchColumn('SELECT tiny FROM v WHERE tiny >= 100'), []);
});
?>
--EXPECT--
ok: inserted
ok: types, prepared
ok: types, plain
ok: again
ok: an object
ok: values
ok: another table by the same statement
ok: changed
ok: a procedure
ok: committed
ok: rolled back
ok: a savepoint
Highper\Db\DbException [25P01] nothing to commit: the database has ended this transaction before, by a failed statement or one that commits by itself
Highper\Db\DbException [HY000]  was started inside a transaction of  (begun at mysql.phpt.php:35), whose connection it can't share; do the database's work there, or start the coroutine before or after it, in: SELECT ?
ok: pinned
ok: the session is as new
Highper\Db\DbException [42S02] Table 'test.nowhere' doesn't exist, in: SELECT * FROM nowhere WHERE a = ?
Highper\Db\DbException [42000] You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right syntax to use near '…' at line 1, in: SELEC ?
Highper\Db\UniqueException [23000] Duplicate entry '…' for key 'tiny', in: INSERT INTO `v` (`tiny`, `text`) VALUES (?, ?)
Highper\Db\DbException [22007] Incorrect integer value: '…' for column `test`.`v`.`tiny` at row 1, in: INSERT INTO `v` (`tiny`) VALUES (?)
Highper\Db\DbException [HY000] the statement has 1 ? and 0 values were given, in: SELECT ?
Highper\Db\DbException [HY000] The used command is not allowed because the MariaDB server or client has disabled the local infile capability, in: LOAD DATA LOCAL INFILE ? INTO TABLE v
Highper\Db\ConnectionException [28000] cannot connect to mysql:test: Access denied for user 'root'@'localhost' (using password: YES), in: SELECT ?
Highper\Db\ConnectionException [42000] cannot connect to mysql:nodb: Unknown database 'nodb', in: SELECT ?
Highper\Db\ConnectionException [08006] cannot connect to mysql:test: Connection refused (os error 111), in: SELECT ?
Highper\Db\ConnectionException [08001] cannot connect to mysql:test: its host's name has no address, in: SELECT ?
ok: larger than a packet
ok: a value larger than a packet
ok: streamed
ok: left early
ok: its time is over
ok: cancelled
Highper\Db\DbException [HYT00] it took longer than it may (timeout), in: SELECT SLEEP(?)
Highper\Db\PoolException [08004] no connection to mysql:test: none of the 1 became free within X;  has had one the longest, taken at XX:76; pool.max is how many there are, pool.wait how long one waits, in: SELECT ?
ok: all are used
ok: dead ones are replaced unnoticed
Highper\Db\ConnectionException
Highper\Db\ConnectionException
Highper\Db\ConnectionException [08003] the connection of this transaction is gone, and with it all that it did
Highper\Db\ConnectionException [08003] the connection of this transaction is gone, and with it all that it did
Highper\Db\ConnectionException [08006] cannot connect to mysql:test: Connection refused (os error 111), in: SELECT ?
ok: it is back
