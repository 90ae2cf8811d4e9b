--TEST--
PDO's MySQL driver and mysqli in coroutines: answers, asynchronous queries, waits at once, time-outs
--EXTENSIONS--
highper
pdo_mysql
mysqli
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Daemon, Proof};
use function HighperTest\check;

$daemon = Daemon::mariaDb(250);
$pdo = static fn () => new PDO("mysql:unix_socket={$daemon->socket};dbname=test", 'root', '', [PDO::ATTR_EMULATE_PREPARES => false]);
$mysqli = static fn () => new mysqli(null, 'root', '', 'test', 0, $daemon->socket);
$pdo()->exec('CREATE TABLE notes (id INT PRIMARY KEY, body LONGTEXT)');
Proof::interleaved('PDO in transactions', $pdo, static function (PDO $pdo, int $i) {
    $pdo->beginTransaction();
    $pdo->prepare('INSERT INTO notes VALUES (?, ?)')->execute([$i, $text = str_repeat("{$i} ", 20_000)]);
    $pdo->query('SELECT SLEEP(0.1)')->fetchAll();
    $select = $pdo->prepare('SELECT body FROM notes WHERE id = ?');
    $select->execute([$i]);
    $got = $select->fetchColumn();
    $pdo->commit();
    return $got === $text ? $i : strlen($got);
});
check('all rows', (int) $pdo()->query('SELECT COUNT(*) FROM notes')->fetchColumn(), 20);
Proof::interleaved('PDO unbuffered, several results', $pdo, static function (PDO $pdo, int $i) {
    $pdo->setAttribute(PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, false);
    $pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, true);
    $results = $pdo->query("SELECT SLEEP(0.1); SELECT {$i}");
    $results->fetchAll();
    $results->nextRowset();
    return (int) $results->fetchColumn();
});
Proof::interleaved('mysqli prepared', $mysqli, static function (mysqli $db, int $i) {
    $statement = $db->prepare('SELECT SLEEP(0.1), ?');
    $statement->execute([$i]);
    return (int) $statement->get_result()->fetch_row()[1];
});
Proof::interleaved('mysqli asynchronous', $mysqli, static function (mysqli $db, int $i) {
    $db->query("SELECT SLEEP(0.1), {$i}", MYSQLI_ASYNC);
    do {
        $read = $error = $reject = [$db];
    } while (mysqli_poll($read, $error, $reject, 1) === 0);
    return (int) $db->reap_async_query()->fetch_row()[1];
});
Proof::atOnce('pdo_mysql', $pdo, static fn (PDO $pdo) => $pdo->query('SELECT SLEEP(0.1)'));
Proof::atOnce('mysqli', $mysqli, static fn (mysqli $db) => $db->query('SELECT SLEEP(0.1)'));
Proof::timesOut('MYSQLI_OPT_READ_TIMEOUT', static function () use ($daemon) {
    $db = mysqli_init();
    $db->options(MYSQLI_OPT_READ_TIMEOUT, 1);
    $db->real_connect(null, 'root', '', 'test', 0, $daemon->socket);
    try { @$db->query('SELECT SLEEP(10)'); } catch (mysqli_sql_exception $e) { return $e->getCode() === 2006 ?: $e->getMessage(); }
});
ini_set('mysqlnd.net_read_timeout', '1');
Proof::timesOut('mysqlnd.net_read_timeout', static function () use ($pdo) {
    try { @$pdo()->query('SELECT SLEEP(10)'); } catch (PDOException $e) { return $e->errorInfo[1] === 2006 ?: $e->getMessage(); }
});
?>
--EXPECT--
ok: PDO in transactions: each its own answer
ok: PDO in transactions: at the same time
ok: all rows
ok: PDO unbuffered, several results: each its own answer
ok: PDO unbuffered, several results: at the same time
ok: mysqli prepared: each its own answer
ok: mysqli prepared: at the same time
ok: mysqli asynchronous: each its own answer
ok: mysqli asynchronous: at the same time
ok: pdo_mysql: 200 without a mistake
ok: pdo_mysql: 200 × 0.1 s at once
ok: mysqli: 200 without a mistake
ok: mysqli: 200 × 0.1 s at once
ok: MYSQLI_OPT_READ_TIMEOUT: gives up
ok: MYSQLI_OPT_READ_TIMEOUT: in time
ok: MYSQLI_OPT_READ_TIMEOUT: others run meanwhile
ok: mysqlnd.net_read_timeout: gives up
ok: mysqlnd.net_read_timeout: in time
ok: mysqlnd.net_read_timeout: others run meanwhile
