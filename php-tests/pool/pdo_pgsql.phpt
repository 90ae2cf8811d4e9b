--TEST--
One PDO object, 200 coroutines on eight connections to PostgreSQL: each has its own transaction and its own last insert id
--EXTENSIONS--
highper
pdo_pgsql
--INI--
highper.pdo_pool=8
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('postgres', 'initdb'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/shared.inc';
use function HighperTest\check;

$database = HighperTest\Database::postgres();
$pdo = $database->pdo();
shared_by_many($pdo, 'CREATE TABLE t (id SERIAL PRIMARY KEY, v INT NOT NULL)', 'SELECT pg_backend_pid()', 8);

Swoole\Coroutine\run(static function () use ($pdo) {
    $pdo->exec('SET search_path TO nowhere');
    $pdo->exec('CREATE TEMP TABLE mine (a INT)');
    $pdo->exec('LISTEN news');
    $pid = $pdo->query('SELECT pg_backend_pid()')->fetchColumn();
    $others = 0;
    for ($i = 0; $i < 8; $i++) {
        Swoole\Coroutine\go(static function () use ($pdo, &$others) {
            $others += (int) ($pdo->query('SHOW search_path')->fetchColumn() !== 'nowhere');
            usleep(20_000);
        });
    }
    usleep(100_000);
    check('what one sets, others do not see', $others, 8);
    check('it does', $pdo->query('SHOW search_path')->fetchColumn(), 'nowhere');
    check('methods of the driver', $pdo->pgsqlGetPid(), $pid);
});
Swoole\Coroutine\run(static function () use ($pdo) {
    $clean = 0;
    for ($i = 0; $i < 7; $i++) {
        Swoole\Coroutine\go(static function () use ($pdo, &$clean) {
            $path = $pdo->query('SHOW search_path')->fetchColumn();
            $tables = (int) $pdo->query("SELECT COUNT(*) FROM pg_class WHERE relname = 'mine' AND pg_table_is_visible(oid)")->fetchColumn();
            $channels = $pdo->query('SELECT COUNT(*) FROM pg_listening_channels()')->fetchColumn();
            try {
                $pdo->lastInsertId();
                $last = 'somebody else\'s';
            } catch (PDOException) {
                $last = 'none';
            }
            $clean += (int) ([$path, $tables, (int) $channels, $last] === ['"$user", public', 0, 0, 'none']);
            usleep(20_000);
        });
    }
    usleep(100_000);
    check('nothing of it stays for the next ones', $clean, 7);
});
?>
--EXPECT--
ok: each saw its own row and its own last insert id
ok: each was in a transaction of its own
ok: each had one connection to its end
ok: eight connections served them
ok: half of them committed
ok: what the others did was taken back
ok: the object works outside of coroutines
ok: what one sets, others do not see
ok: it does
ok: methods of the driver
ok: nothing of it stays for the next ones
