--TEST--
One Illuminate connection under 200 coroutines: nested transactions, money that stays the same in sum, reconnecting
--EXTENSIONS--
highper
pdo_mysql
mbstring
--INI--
highper.pdo_pool=8
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db');
if (! is_file('/usr/share/php/Illuminate/Database/autoload.php')) echo 'skip illuminate/database is not installed'; ?>
--TIMEOUT--
60
--FILE--
<?php
error_reporting(E_ALL & ~E_DEPRECATED);
require __DIR__ . '/../lib/test.php';
require '/usr/share/php/Illuminate/Database/autoload.php';
use Illuminate\Database\Capsule\Manager;
use Swoole\Coroutine;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$database = HighperTest\Database::mariaDb();
preg_match('/unix_socket=(.*);/', $database->dsn, $match);
$manager = new Manager();
$manager->addConnection(['driver' => 'mysql', 'unix_socket' => $match[1], 'database' => 'test', 'username' => 'root', 'password' => '',
    'charset' => 'utf8mb4', 'collation' => 'utf8mb4_unicode_ci', 'strict' => true]);
$db = $manager->getConnection();

/** @return list<mixed> */
function each_of(int $count, callable $body): array
{
    $results = $ids = [];
    for ($i = 0; $i < $count; $i++) {
        $ids[] = go(static function () use ($body, $i, &$results) {
            $results[$i] = $body($i);
        });
    }
    Coroutine::join($ids);
    return $results;
}

run(static function () use ($db, $manager) {
    // The first query of all: everybody connects at once, with one object to put the connection in.
    $levels = each_of(20, static function () use ($db) {
        $db->beginTransaction();
        usleep(5_000);
        $in = [$db->transactionLevel(), $db->getPdo()->inTransaction()];
        $db->beginTransaction();
        $in[] = $db->transactionLevel();
        $db->rollBack();
        $db->commit();
        return [...$in, $db->transactionLevel(), $db->getPdo()->inTransaction()];
    });
    check('each counts its own transactions', array_values(array_unique($levels, SORT_REGULAR)), [[1, true, 2, 0, false]]);

    $manager->getConnection()->statement('CREATE TABLE accounts (id INT PRIMARY KEY, money INT NOT NULL) ENGINE=InnoDB');
    $manager->getConnection()->statement('CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, who INT NOT NULL) ENGINE=InnoDB');
    for ($id = 1; $id <= 10; $id++) {
        $db->table('accounts')->insert(['id' => $id, 'money' => 1000]);
    }
    $results = each_of(200, static function (int $i) use ($db) {
        [$from, $to] = [1 + $i % 10, 1 + ($i * 3 + 1) % 10];
        $undo = $i % 4 === 0;
        try {
            $db->transaction(static function () use ($db, $i, $from, $to, $undo, &$own) {
                // In the order of their numbers, so that nobody waits in a circle.
                $db->table('accounts')->whereIn('id', [$from, $to])->orderBy('id')->lockForUpdate()->get();
                $id = $db->table('log')->insertGetId(['who' => $i]);
                $db->table('accounts')->where('id', $from)->decrement('money', 7);
                usleep(500);
                $db->transaction(static fn () => $db->table('accounts')->where('id', $to)->increment('money', 7));
                $own = $db->table('log')->where('id', $id)->value('who') === $i;
                if ($undo) {
                    throw new DomainException('undo');
                }
            });
        } catch (DomainException) {
            $undo = false;
        }
        return $own && ! $undo && $db->transactionLevel() === 0;
    });
    check('200 transfers: each saw its own', array_count_values(array_map(intval(...), $results)), [1 => 200]);
    check('no money came or went', (int) $db->table('accounts')->sum('money'), 10_000);
    check('a quarter was undone', $db->table('log')->count(), 150);
    check('few connections did it', $db->selectOne("SHOW STATUS LIKE 'Max_used_connections'")->Value <= 10 ?: $db->selectOne("SHOW STATUS LIKE 'Max_used_connections'"));

    $charsets = each_of(20, static fn () => [$db->selectOne('SELECT @@character_set_client c')->c, usleep(10_000)][0]);
    check('each connection is set up', array_values(array_unique($charsets)), ['utf8mb4']);
    $modes = each_of(20, static fn () => [str_contains($db->selectOne('SELECT @@sql_mode m')->m, 'STRICT_TRANS_TABLES'), usleep(10_000)][0]);
    check('as the library does', array_values(array_unique($modes)), [true]);

    $results = each_of(20, static function (int $i) use ($db) {
        if ($i % 5 === 0) {
            usleep(3_000);
            $db->reconnect();
            return (int) $db->selectOne('SELECT 5 five')->five;
        }
        $db->beginTransaction();
        $db->table('log')->insert(['who' => 1000 + $i]);
        usleep(6_000);
        $found = $db->table('log')->where('who', '>=', 1000)->pluck('who')->all() === [1000 + $i] && $db->transactionLevel() === 1 && $db->getPdo()->inTransaction();
        $db->rollBack();
        return $found ? 5 : 'lost';
    });
    check('one that reconnects takes nobody else\'s transaction away', array_values(array_unique($results)), [5]);
    check('which were all taken back', $db->table('log')->where('who', '>=', 1000)->count(), 0);

    $results = each_of(20, static function (int $i) use ($db) {
        if ($i % 5 === 0) {
            usleep(3_000);
            $db->reconnect();
            return (int) $db->selectOne('SELECT 5 five')->five;
        }
        $db->table('log')->insert(['who' => 2000 + $i]);
        usleep(6_000);
        $id = $db->getPdo()->lastInsertId();
        $same = $db->getPdo()->lastInsertId() === $id;
        $who = $db->table('log')->where('id', $id)->value('who');
        return $same && $who === 2000 + $i && $db->getPdo()->lastInsertId() === '0' ? 5 : "{$id} is {$who}";
    });
    check('nor the number of a row', array_values(array_unique($results)), [5]);
});
?>
--EXPECT--
ok: each counts its own transactions
ok: 200 transfers: each saw its own
ok: no money came or went
ok: a quarter was undone
ok: few connections did it
ok: each connection is set up
ok: as the library does
ok: one that reconnects takes nobody else's transaction away
ok: which were all taken back
ok: nor the number of a row
