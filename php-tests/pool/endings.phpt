--TEST--
However a coroutine ends in the middle of a transaction, the transaction is taken back and nobody finds anything of it
--EXTENSIONS--
highper
pdo_mysql
--INI--
highper.pdo_pool=3
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$database = HighperTest\Database::mariaDb();
$pdo = $database->pdo();
$pdo->exec('CREATE TABLE t (v INT) ENGINE=InnoDB');
/** What the table holds, whether the next ones are in a transaction, and that they get their own answers. */
$look = static function () use ($pdo): array {
    $seen = [];
    for ($i = 1; $i <= 2; $i++) {
        $ids[] = go(static function () use ($pdo, &$seen, $i) {
            $seen[] = [$pdo->inTransaction(), (int) $pdo->query('SELECT COUNT(*) FROM t')->fetchColumn(), (int) $pdo->query("SELECT {$i}")->fetchColumn() - $i];
            usleep(10_000);
        });
    }
    Coroutine::join($ids);
    return $seen;
};
$nothing = [[false, 0, 0], [false, 0, 0]];
run(static function () use ($pdo, $look, $nothing) {
    Coroutine::join([go(static function () use ($pdo) {
        $pdo->beginTransaction();
        $pdo->exec('INSERT INTO t VALUES (1)');
    })]);
    check('it returns', $look(), $nothing);

    Coroutine::join([go(static function () use ($pdo) {
        $pdo->exec('START TRANSACTION');
        $pdo->exec('INSERT INTO t VALUES (1)');
    })]);
    check('a transaction that SQL began', $look(), $nothing);

    $id = go(static function () use ($pdo) {
        $pdo->beginTransaction();
        $pdo->exec('INSERT INTO t VALUES (1)');
        try {
            Coroutine::sleep(10);
        } catch (Coroutine\CanceledException) {
        }
    });
    usleep(20_000);
    Coroutine::cancel($id, true);
    Coroutine::join([$id]);
    check('cancelled between two statements', $look(), $nothing);

    foreach (['exec', 'query', 'prepare'] as $how) {
        $id = go(static function () use ($pdo, $how) {
            $pdo->beginTransaction();
            $pdo->exec('INSERT INTO t VALUES (1)');
            try {
                $how === 'prepare' ? $pdo->prepare('SELECT SLEEP(2), 17')->execute() : $pdo->$how('SELECT SLEEP(2), 17');
            } catch (PDOException $error) {
            }
        });
        usleep(50_000);
        Coroutine::cancel($id);
        Coroutine::join([$id]);
        check("cancelled in the middle of {$how}()", $look(), $nothing);
    }

    $id = go(static function () use ($pdo) {
        $rows = $pdo->prepare('SELECT 1 UNION SELECT 2', [PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false]);
        $rows->execute();
        $rows->fetch();
    });
    Coroutine::join([$id]);
    check('rows that nobody has read', $look(), $nothing);
});
// The server goes on with a SLEEP() that nobody waits for.
HighperTest\wait_until(static fn () => $pdo->query("SHOW STATUS LIKE 'Threads_connected'")->fetchColumn(1) <= 3 + 1, 'no connection is left over');
run(static function () use ($pdo) {
    register_shutdown_function(static function () use ($pdo) {
        check('a shutdown function uses the object', (int) $pdo->query('SELECT COUNT(*) FROM t')->fetchColumn(), 0);
    });
    go(static function () use ($pdo) {
        $pdo->beginTransaction();
        $pdo->exec('INSERT INTO t VALUES (1)');
        try {
            exit(0);
        } catch (Swoole\ExitException) {
        }
    });
});
?>
--EXPECTF--
ok: it returns
ok: a transaction that SQL began
ok: cancelled between two statements
ok: cancelled in the middle of exec()
ok: cancelled in the middle of query()
ok: cancelled in the middle of prepare()
ok: rows that nobody has read
ok: a shutdown function uses the object
