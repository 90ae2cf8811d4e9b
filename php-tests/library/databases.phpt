--TEST--
PDOPool, MysqliPool: connections that come back when the server lost them
--EXTENSIONS--
highper
pdo_mysql
mysqli
--CONFLICTS--
all
--TIMEOUT--
90
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};
use Swoole\Coroutine\WaitGroup;
use Swoole\Database\{MysqliConfig, MysqliException, MysqliPool, PDOConfig, PDOPool, PDOProxy, PDOStatementProxy};

$daemon = HighperTest\Daemon::mariaDb();
$root = new mysqli(null, 'root', '', 'test', 0, $daemon->socket);
$root->query('CREATE TABLE notes (id INT PRIMARY KEY AUTO_INCREMENT, text VARCHAR(40)) ENGINE=InnoDB');
$kill = static function () use ($root): void {
    foreach ($root->query('SHOW PROCESSLIST')->fetch_all(MYSQLI_ASSOC) as $one) {
        if ($one['User'] === 'root' && (int) $one['Id'] !== $root->thread_id) { $root->query("KILL {$one['Id']}"); }
    }
    usleep(50_000);
};
/** Runs it in many coroutines at once; the sum of what it returned. */
$many = static function (int $number, callable $run): int {
    $group = new WaitGroup(); $sum = 0;
    for ($i = 1; $i <= $number; $i++) {
        $group->add();
        go(static function () use ($run, $i, &$sum, $group) { $sum += $run($i); $group->done(); });
    }
    $group->wait();
    return $sum;
};
run(static function () use ($daemon, $kill, $many) {
    $config = (new PDOConfig())->withUnixSocket($daemon->socket)->withDbname('test')->withPassword('')->withOptions([PDO::ATTR_EMULATE_PREPARES => false]);
    $pool = new PDOPool($config, 4);
    $start = microtime(true);
    check('PDO: 16 share 4', $many(16, static function (int $i) use ($pool): int {
        $pdo = $pool->get();
        $statement = $pdo->prepare('SELECT SLEEP(0.05), ?');
        $statement->execute([$i]);
        $pool->put($pdo);
        return (int) $statement->fetch(PDO::FETCH_NUM)[1];
    }), 136);
    $time = microtime(true) - $start;
    check('PDO: four at a time', $time > 0.18 && $time < 1 ?: $time);
    $pdo = $pool->get();
    check('PDO: proxies', [$pdo::class, $pdo->prepare('SELECT 1')::class, $pdo->query('SELECT 1')::class], [PDOProxy::class, PDOStatementProxy::class, PDOStatementProxy::class]);
    $pdo->setAttribute(PDO::ATTR_CASE, PDO::CASE_UPPER);
    $insert = $pdo->prepare('INSERT INTO notes (text) VALUES (:text)');
    $insert->bindValue(':text', 'one');
    $late = null;
    $select = $pdo->prepare('SELECT text AS t FROM notes WHERE text = ?');
    $select->bindParam(1, $late);
    $select->setFetchMode(PDO::FETCH_ASSOC);
    $kill();
    check('PDO: a statement of a lost connection', [$insert->execute(), $pdo->getRound()], [true, 1]);
    $late = 'one';
    check('PDO: another one, with what was bound', [$select->execute(), $select->fetch(), $pdo->getRound()], [true, ['T' => 'one'], 1]);
    $kill();
    check('PDO: the connection', $pdo->query('SELECT COUNT(*) AS n FROM notes')->fetchColumn(), 1);
    $pdo->beginTransaction();
    $pdo->exec("INSERT INTO notes (text) VALUES ('lost')");
    $kill();
    try { $pdo->exec("INSERT INTO notes (text) VALUES ('half')"); echo "half a transaction\n"; } catch (PDOException $e) { check('PDO: no half transaction', $pdo->inTransaction()); }
    $pool->put($pdo);
    try { $pool->get()->query('SELECT nothing FROM nowhere'); } catch (PDOException $e) { check('PDO: other errors are told', $e->getCode(), '42S02'); }
    try { clone $pdo; } catch (Error $e) { echo $e->getMessage(), "\n"; }
    $pool->close();

    $config = (new MysqliConfig())->withUnixSocket($daemon->socket)->withHost('localhost')->withDbname('test')->withPassword('');
    $pool = new MysqliPool($config, 3);
    check('mysqli: 12 share 3', $many(12, static function (int $i) use ($pool): int {
        $mysqli = $pool->get();
        $statement = $mysqli->prepare('SELECT SLEEP(0.02), ?');
        $statement->bind_param('i', $i);
        $statement->execute();
        $statement->bind_result($slept, $got);
        $statement->fetch();
        $statement->close();
        $pool->put($mysqli);
        return $got;
    }), 78);
    foreach ([MYSQLI_REPORT_OFF, MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT] as $report) {
        mysqli_report($report);
        $mysqli = $pool->get();
        $statement = $mysqli->prepare('SELECT CONCAT(?, ?)');
        $a = 'x'; $b = 'y';
        $statement->bind_param('ss', $a, $b);
        $kill();
        $round = $mysqli->getRound();
        check('mysqli: a statement of a lost connection', [$statement->execute(), $statement->get_result()->fetch_row(), $mysqli->getRound() - $round], [true, ['xy'], 1]);
        $kill();
        check('mysqli: the connection', $mysqli->query('SELECT 5')->fetch_row(), ['5']);
        try { $mysqli->query('SELECT nothing FROM nowhere'); } catch (MysqliException|mysqli_sql_exception $e) { check('mysqli: other errors are told', $e->getCode(), 1146); }
        $pool->put($mysqli);
    }
    mysqli_report(MYSQLI_REPORT_OFF);
    try { @(new MysqliPool((new MysqliConfig())->withPort(1)->withHost('127.0.0.1')))->get(); } catch (MysqliException $e) { check('mysqli: no server', $e->getCode(), 2002); }
});
foreach (['sqlite' => ['', ':memory:'], 'what' => ['x']] as $driver => $names) {
    foreach ($names as $name) {
        try { (new PDOPool((new PDOConfig())->withDriver($driver)->withDbname($name)))->get(); } catch (Exception $e) { echo $e->getMessage(), "\n"; }
    }
}
?>
--EXPECT--
ok: PDO: 16 share 4
ok: PDO: four at a time
ok: PDO: proxies
ok: PDO: a statement of a lost connection
ok: PDO: another one, with what was bound
ok: PDO: the connection
ok: PDO: no half transaction
ok: PDO: other errors are told
Trying to clone an uncloneable database proxy object
ok: mysqli: 12 share 3
ok: mysqli: a statement of a lost connection
ok: mysqli: the connection
ok: mysqli: other errors are told
ok: mysqli: a statement of a lost connection
ok: mysqli: the connection
ok: mysqli: other errors are told
ok: mysqli: no server
Connection pool in Swoole does not support temporary SQLite databases.
Connection pool in Swoole does not support creating SQLite databases in memory.
Unsupported Database Driver:what
