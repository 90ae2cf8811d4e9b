--TEST--
The database is killed and started again under a shared PDO object: who was in the middle gets an error, those who come later get connections that live
--EXTENSIONS--
highper
pdo_mysql
pdo_pgsql
--INI--
highper.pdo_pool=8
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'postgres', 'initdb'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\Database;
use Swoole\Coroutine;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

foreach (['MySQL' => Database::mariaDb(...), 'PostgreSQL' => Database::postgres(...)] as $name => $make) {
    $database = $make();
    $pdo = $database->pdo();
    $pdo->exec('CREATE TABLE t (v INT)');
    /** @return array{int, int} how many coroutines had their answers, how many an error */
    $work = static function (callable $meanwhile) use ($pdo): array {
        $answers = $errors = 0;
        $ids = [];
        for ($i = 0; $i < 20; $i++) {
            $ids[] = go(static function () use ($pdo, $i, &$answers, &$errors) {
                try {
                    $pdo->beginTransaction();
                    $answer = @$pdo->query("SELECT {$i}")->fetchColumn();
                    usleep(20_000);
                    @$pdo->exec('INSERT INTO t VALUES (1)');
                    $answers += (int) ((int) $answer === $i);
                } catch (PDOException) {
                    $errors++;
                }
            });
        }
        $meanwhile();
        Coroutine::join($ids);
        return [$answers, $errors];
    };
    run(static function () use ($name, $work, $database) {
        check("{$name}: all work", $work(static fn () => null), [20, 0]);
        [$answers, $errors] = $work(static function () use ($database) {
            $database->kill();
        });
        check('it is killed under them', $errors > 0 && $answers + $errors === 20 ?: [$answers, $errors]);
        check('without it nobody gets a connection', $work(static fn () => null), [0, 20]);
        $database->start();
        check('all work again', $work(static fn () => null), [20, 0]);
    });
}
?>
--EXPECT--
ok: MySQL: all work
ok: it is killed under them
ok: without it nobody gets a connection
ok: all work again
ok: PostgreSQL: all work
ok: it is killed under them
ok: without it nobody gets a connection
ok: all work again
