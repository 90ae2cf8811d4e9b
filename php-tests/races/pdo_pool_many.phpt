--TEST--
10,000 coroutines share a PDO object, some of which are cancelled or fail: never more connections than the pool may have, and none is lost
--EXTENSIONS--
highper
pdo_mysql
--INI--
highper.pdo_pool=8
highper.pool_queue=20000
highper.pool_timeout=60
memory_limit=1G
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
120
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$database = HighperTest\Database::mariaDb();
run(static function () use ($database) {
    $pdo = $database->pdo();
    $pdo->exec('CREATE TABLE t (v INT) ENGINE=InnoDB');
    $right = $failed = $wrong = 0;
    $ids = [];
    for ($i = 0; $i < 10_000; $i++) {
        $ids[] = go(static function () use ($pdo, $i, &$right, &$failed, &$wrong) {
            try {
                $pdo->beginTransaction();
                $row = $pdo->query("SELECT {$i}, @@in_transaction" . ($i % 100 === 0 ? ', SLEEP(0.01)' : ''))->fetch(PDO::FETCH_NUM);
                [(int) $row[0], (int) $row[1]] === [$i, 1] ? $right++ : $wrong++;
                match ($i % 50) {
                    1 => $pdo->exec('nonsense'),
                    2 => $pdo->exec('SET @x = 1'),
                    3 => $pdo->commit(),
                    4 => $pdo->exec('INSERT INTO t VALUES (1)'),
                    default => null,
                };
            } catch (PDOException) {
                $failed++;
            }
        });
    }
    usleep(20_000);
    foreach ($ids as $n => $id) {
        if ($n % 97 === 0 && Coroutine::exists($id)) {
            Coroutine::cancel($id);
        }
    }
    Coroutine::join($ids);
    check('nobody saw another one\'s answer or transaction', $wrong, 0);
    check('those went wrong that had to', $failed >= 100 && $failed < 320 ?: $failed);
    check('all others had their answers', $right + $failed >= 10_000 ?: [$right, $failed]);
    check('nothing was committed', (int) $pdo->query('SELECT COUNT(*) FROM t')->fetchColumn(), 0);
    $used = (int) $pdo->query("SHOW STATUS LIKE 'Max_used_connections'")->fetchColumn(1);
    check('never more connections than there may be', $used <= 8 + 2 ?: $used);
    $ids = [];
    $together = 0;
    for ($i = 0; $i < 7; $i++) {
        $ids[] = go(static function () use ($pdo, &$together) {
            $pdo->query('SELECT SLEEP(0.05)');
            $together++;
        });
    }
    $begun = microtime(true);
    Coroutine::join($ids);
    check('all of them are there', $together === 7 && microtime(true) - $begun < HighperTest\patience(1));
});
?>
--EXPECT--
ok: nobody saw another one's answer or transaction
ok: those went wrong that had to
ok: all others had their answers
ok: nothing was committed
ok: never more connections than there may be
ok: all of them are there
