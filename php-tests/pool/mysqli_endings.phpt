--TEST--
However a coroutine ends, and whatever it left in its session: the next one that uses the mysqli object finds nothing of it
--EXTENSIONS--
highper
mysqli
pdo_mysql
--INI--
highper.mysqli_pool=3
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use function HighperTest\{check, wait_until};
use function Swoole\Coroutine\{go, run};

$database = HighperTest\Database::mariaDb();
preg_match('~unix_socket=([^;]+)~', $database->dsn, $found);
$db = new mysqli('p:localhost', 'root', '', 'test', null, $found[1]);
$db->query('CREATE TABLE t (v INT) ENGINE=InnoDB');
/** What two coroutines at once find: rows, transactions, their own answers, the session. */
$look = static function () use ($db): array {
    $seen = [];
    for ($i = 1; $i <= 2; $i++) {
        $ids[] = go(static function () use ($db, &$seen, $i) {
            $row = $db->query("SELECT (SELECT COUNT(*) FROM t), @@in_transaction, {$i}, @mine, @@autocommit, IS_USED_LOCK('mine'), DATABASE()")->fetch_row();
            $seen[] = [(int) $row[0], (int) $row[1], (int) $row[2] - $i, $row[3], (int) $row[4], $row[5], $row[6], $db->insert_id, $db->more_results()];
            usleep(10_000);
        });
    }
    Coroutine::join($ids);
    return array_unique($seen, SORT_REGULAR);
};
$nothing = [[0, 0, 0, null, 1, null, 'test', 0, false]];
$begin = static function () use ($db): void {
    $db->begin_transaction();
    $db->query('INSERT INTO t VALUES (1)');
};
run(static function () use ($db, $look, $nothing, $begin) {
    $leave = [
        'it returns' => $begin,
        'a transaction that SQL began' => static function () use ($db) {
            $db->query('START TRANSACTION');
            $db->query('INSERT INTO t VALUES (1)');
        },
        'without autocommit' => static function () use ($db) {
            $db->autocommit(false);
            $db->query('INSERT INTO t VALUES (1)');
        },
        'it throws' => static function () use ($db, $begin) {
            try {
                $begin();
                $db->query('nonsense');
            } catch (mysqli_sql_exception) {
            }
        },
        'a variable' => static fn () => $db->query('SET @mine = 7'),
        'a lock' => static fn () => $db->query("SELECT GET_LOCK('mine', 1)"),
        'another database' => static fn () => $db->select_db('mysql'),
        'another user' => static fn () => $db->change_user('root', '', 'mysql'),
        'a variable, by a statement that got its text later' => static function () use ($db) {
            $statement = $db->stmt_init();
            $statement->prepare('SET @mine = 7');
            $statement->execute();
        },
        'answers to several statements' => static fn () => $db->multi_query('SELECT 1; SET @mine = 7; SELECT 2'),
        'rows that nobody has read' => static fn () => $db->query('SELECT 1 UNION SELECT 2', MYSQLI_USE_RESULT),
        'an answer that nobody has fetched' => static fn () => $db->query('SELECT 17', MYSQLI_ASYNC),
    ];
    foreach ($leave as $how => $body) {
        Coroutine::join([go($body)]);
        check($how, $look(), $nothing);
    }
    $kept = null;
    Coroutine::join([go(static function () use ($db, &$kept) {
        $kept = $db->prepare('SELECT 5');
    })]);
    check('a statement that somebody keeps', $look(), $nothing);
    $kept = null;

    $id = go(static function () use ($begin) {
        $begin();
        try {
            Coroutine::sleep(10);
        } catch (Coroutine\CanceledException) {
        }
    });
    usleep(20_000);
    Coroutine::cancel($id, true);
    Coroutine::join([$id]);
    check('cancelled between two statements', $look(), $nothing);
    foreach (['query', 'prepare'] as $how) {
        $id = go(static function () use ($db, $how, $begin) {
            $begin();
            try {
                $how === 'prepare' ? $db->prepare('SELECT SLEEP(0.5), 17')->execute() : $db->query('SELECT SLEEP(0.5), 17');
            } catch (mysqli_sql_exception) {
            }
        });
        usleep(50_000);
        Coroutine::cancel($id);
        Coroutine::join([$id]);
        check("cancelled in the middle of {$how}()", $look(), $nothing);
    }

    $seen = [];
    Coroutine::join([go(static function () use ($db, $begin, &$seen) {
        $begin();
        $before = $db->thread_id;
        $seen[] = $db->close();
        $seen[] = (int) $db->query('SELECT COUNT(*) FROM t')->fetch_column();
        $seen[] = $db->query('SELECT @@in_transaction')->fetch_column();
    })]);
    check('close() gives the connection back, and the object goes on', $seen, [true, 0, '0']);
    check('closed', $look(), $nothing);
});
$count = static fn (): int => (int) $db->query("SHOW STATUS LIKE 'Threads_connected'")->fetch_row()[1];
// The server goes on with a SLEEP() that nobody waits for.
wait_until(static fn () => $count() <= 3 + 1, 'no connection is left over');
unset($db, $look, $begin, $count);
$other = $database->pdo();
wait_until(static fn () => (int) $other->query("SHOW STATUS LIKE 'Threads_connected'")->fetchColumn(1) === 1, 'the connections end with the object');
?>
--EXPECT--
ok: it returns
ok: a transaction that SQL began
ok: without autocommit
ok: it throws
ok: a variable
ok: a lock
ok: another database
ok: another user
ok: a variable, by a statement that got its text later
ok: answers to several statements
ok: rows that nobody has read
ok: an answer that nobody has fetched
ok: a statement that somebody keeps
ok: cancelled between two statements
ok: cancelled in the middle of query()
ok: cancelled in the middle of prepare()
ok: close() gives the connection back, and the object goes on
ok: closed
