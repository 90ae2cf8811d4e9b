--TEST--
PDO, its statements and mysqli refuse a second coroutine while a query is under way
--EXTENSIONS--
highper
pdo_mysql
mysqli
--CONFLICTS--
all
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$daemon = HighperTest\Daemon::mariaDb();

function refused(callable $call): string
{
    try {
        $call();
    } catch (Swoole\Error $error) {
        return preg_replace('~^(\S+) in coroutine#\d+ at \S+: this connection is in use by coroutine#\d+, which is inside (\S+) at .*~s', '$1 $2', $error->getMessage());
    }

    return 'nothing';
}

run(static function () use ($daemon) {
    $dsn = "mysql:unix_socket={$daemon->socket};dbname=test";
    foreach ([false, true] as $persistent) {
        $pdo = new PDO($dsn, 'root', '', [PDO::ATTR_EMULATE_PREPARES => false, PDO::ATTR_PERSISTENT => $persistent]);
        // A persistent connection is the same one under another object.
        $other = $persistent ? new PDO($dsn, 'root', '', [PDO::ATTR_EMULATE_PREPARES => false, PDO::ATTR_PERSISTENT => true]) : $pdo;
        $id = $pdo->query('SELECT CONNECTION_ID()')->fetchColumn();
        $statement = $pdo->prepare('SELECT 7');
        $got = [];
        go(static function () use ($other, $statement, &$got) {
            usleep(20_000);
            $got[] = refused(static fn () => $other->query('SELECT 2'));
            $got[] = refused(static fn () => $other->beginTransaction());
            $got[] = refused(static fn () => $statement->execute());
            $got[] = $other->errorCode();
        });
        check('the query under way goes on', $pdo->query('SELECT SLEEP(0.1) + 5')->fetchColumn(), 5);
        check('PDO', $got, ['PDO::query() PDO::query()', 'PDO::beginTransaction() PDO::query()', 'PDOStatement::execute() PDO::query()', '00000']);
        $statement->execute();
        check('the same connection, usable', [$statement->fetchColumn(), $pdo->query('SELECT CONNECTION_ID()')->fetchColumn()], [7, $id]);
        unset($statement, $pdo, $other);
    }

    $mysqli = new mysqli(null, 'root', '', 'test', 0, $daemon->socket);
    $id = $mysqli->thread_id;
    $statement = $mysqli->prepare('SELECT 7');
    $got = [];
    go(static function () use ($mysqli, $statement, &$got) {
        usleep(20_000);
        $got[] = refused(static fn () => $mysqli->query('SELECT 2'));
        $got[] = refused(static fn () => mysqli_query($mysqli, 'SELECT 2'));
        $got[] = refused(static fn () => $statement->execute());
        $got[] = refused(static fn () => mysqli_stmt_execute($statement));
        $got[] = refused(static fn () => $mysqli->close());
    });
    check('the query under way goes on', $mysqli->query('SELECT SLEEP(0.1) + 5')->fetch_row(), ['5']);
    check('mysqli', $got, ['mysqli::query() mysqli::query()', 'mysqli_query() mysqli::query()', 'mysqli_stmt::execute() mysqli::query()',
        'mysqli_stmt_execute() mysqli::query()', 'mysqli::close() mysqli::query()']);
    $statement->execute();
    check('the same connection, usable', [$statement->get_result()->fetch_row(), $mysqli->query('SELECT CONNECTION_ID()')->fetch_row()], [[7], [(string) $id]]);
});
?>
--EXPECT--
ok: the query under way goes on
ok: PDO
ok: the same connection, usable
ok: the query under way goes on
ok: PDO
ok: the same connection, usable
ok: the query under way goes on
ok: mysqli
ok: the same connection, usable
