--TEST--
One Doctrine DBAL connection under 200 coroutines, MySQL and PostgreSQL: nested transactions, money that stays the same in sum
--EXTENSIONS--
highper
pdo_mysql
pdo_pgsql
--INI--
highper.pdo_pool=8
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'postgres', 'initdb');
if (! is_file('/usr/share/php/Doctrine/DBAL/autoload.php')) echo 'skip doctrine/dbal is not installed'; ?>
--TIMEOUT--
60
--FILE--
<?php
error_reporting(E_ALL & ~E_DEPRECATED);
require __DIR__ . '/../lib/test.php';
require '/usr/share/php/Doctrine/DBAL/autoload.php';
use Doctrine\DBAL\DriverManager;
use HighperTest\Database;
use Swoole\Coroutine;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

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

foreach (['pdo_mysql' => Database::mariaDb(...), 'pdo_pgsql' => Database::postgres(...)] as $driver => $make) {
    $database = $make();
    preg_match('/^\w+:(unix_socket|host)=(.*);dbname=(.*)$/', $database->dsn, $match);
    $db = DriverManager::getConnection(['driver' => $driver, $match[1] => $match[2], 'dbname' => $match[3], 'user' => $database->user, 'password' => '']);
    $db->setNestTransactionsWithSavepoints(true);
    run(static function () use ($driver, $db) {
        $levels = each_of(20, static function () use ($db) {
            $db->beginTransaction();
            usleep(5_000);
            $in = [$db->getTransactionNestingLevel(), $db->isRollbackOnly()];
            $db->beginTransaction();
            $in[] = $db->getTransactionNestingLevel();
            $db->rollBack();
            $db->commit();
            return [...$in, $db->isTransactionActive()];
        });
        check("{$driver}: each counts its own transactions", array_values(array_unique($levels, SORT_REGULAR)), [[1, false, 2, false]]);

        $db->executeStatement('CREATE TABLE accounts (id INT PRIMARY KEY, money INT NOT NULL)');
        $db->executeStatement('CREATE TABLE log (id ' . ($driver === 'pdo_mysql' ? 'INT AUTO_INCREMENT PRIMARY KEY' : 'SERIAL') . ', who INT NOT NULL)');
        for ($id = 1; $id <= 10; $id++) {
            $db->insert('accounts', ['id' => $id, 'money' => 1000]);
        }
        $results = each_of(200, static function (int $i) use ($db) {
            [$from, $to] = [1 + $i % 10, 1 + ($i * 3 + 1) % 10];
            $undo = $i % 4 === 0;
            try {
                $db->transactional(static function () use ($db, $i, $from, $to, $undo, &$own) {
                    $db->fetchAllAssociative('SELECT * FROM accounts WHERE id IN (?, ?) ORDER BY id FOR UPDATE', [$from, $to]);
                    $db->insert('log', ['who' => $i]);
                    $id = $db->lastInsertId();
                    $db->executeStatement('UPDATE accounts SET money = money - 7 WHERE id = ?', [$from]);
                    usleep(500);
                    $db->transactional(static fn () => $db->executeStatement('UPDATE accounts SET money = money + 7 WHERE id = ?', [$to]));
                    $own = (int) $db->fetchOne('SELECT who FROM log WHERE id = ?', [$id]) === $i;
                    if ($undo) {
                        throw new DomainException('undo');
                    }
                });
            } catch (DomainException) {
                $undo = false;
            }
            return $own && ! $undo && $db->getTransactionNestingLevel() === 0;
        });
        check('200 transfers: each saw its own', array_count_values(array_map(intval(...), $results)), [1 => 200]);
        check('no money came or went', (int) $db->fetchOne('SELECT SUM(money) FROM accounts'), 10_000);
        check('a quarter was undone', (int) $db->fetchOne('SELECT COUNT(*) FROM log'), 150);
    });
    unset($db);
}
?>
--EXPECT--
ok: pdo_mysql: each counts its own transactions
ok: 200 transfers: each saw its own
ok: no money came or went
ok: a quarter was undone
ok: pdo_pgsql: each counts its own transactions
ok: 200 transfers: each saw its own
ok: no money came or went
ok: a quarter was undone
