--TEST--
What a coroutine leaves in its session goes with it; what the maker of a PDO object sets up is done with every connection
--EXTENSIONS--
highper
pdo_mysql
--INI--
highper.pdo_pool=4
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\WaitGroup;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$database = HighperTest\Database::mariaDb();
class Rows extends PDOStatement
{
}
$pdo = new PDO($database->dsn, $database->user, '', [PDO::ATTR_PERSISTENT => true]);
$pdo->setAttribute(PDO::ATTR_DEFAULT_FETCH_MODE, PDO::FETCH_NUM);
$pdo->setAttribute(PDO::ATTR_STATEMENT_CLASS, [Rows::class]);
$pdo->exec("set names 'latin1'");
$pdo->prepare("SET SESSION sql_mode = 'ANSI'")->execute();
$pdo->exec('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT) ENGINE=InnoDB');

/** Runs the bodies at the same time, each in a coroutine, and returns what they return. */
function together(callable ...$bodies): array
{
    $results = [];
    $group = new WaitGroup(count($bodies));
    foreach ($bodies as $i => $body) {
        go(static function () use ($body, $i, $group, &$results) {
            defer(static fn () => $group->done());
            $results[$i] = $body();
        });
    }
    $group->wait();
    ksort($results);
    return $results;
}

$session = static function () use ($pdo): array {
    usleep(10_000);
    $row = $pdo->query("SELECT @@character_set_client, @@sql_mode, @mine, IS_USED_LOCK('mine')");
    $values = $row->fetch();
    usleep(10_000);
    return [$row::class, $values[0], str_contains($values[1], 'ANSI_QUOTES'), $values[2], $pdo->getAttribute(PDO::ATTR_ERRMODE), $pdo->lastInsertId(), $pdo->errorCode()];
};
$clean = [Rows::class, 'latin1', true, null, PDO::ERRMODE_EXCEPTION, '0', '00000'];
run(static function () use ($pdo, $session, $clean) {
    $messy = static function () use ($pdo): array {
        $pdo->exec('SET @mine = 7');
        $pdo->exec('CREATE TEMPORARY TABLE own (a INT)');
        $pdo->query("SELECT GET_LOCK('mine', 1)");
        $pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_SILENT);
        $pdo->exec('INSERT INTO t (v) VALUES (1)');
        $pdo->exec('nonsense');
        usleep(30_000);
        return [(int) $pdo->query('SELECT @mine')->fetchColumn(), $pdo->query('SELECT * FROM own')->fetchAll(), $pdo->getAttribute(PDO::ATTR_ERRMODE)];
    };
    $results = together($messy, $session, $session);
    check('a session lasts as long as its coroutine', $results[0], [7, [], PDO::ERRMODE_SILENT]);
    check('others see nothing of it', [$results[1], $results[2]], array_fill(0, 2, $clean));
    check('nor do the next ones', together($session, $session, $session), array_fill(0, 3, $clean));

    $pdo->exec('SET @mine = 1');
    $before = (int) $pdo->query('SELECT CONNECTION_ID()')->fetchColumn();
    check('a child has a connection of its own', together(static fn () => (int) $pdo->query('SELECT CONNECTION_ID()')->fetchColumn()) !== [$before]);
    check('the parent keeps its own', (int) $pdo->query('SELECT CONNECTION_ID()')->fetchColumn(), $before);
});
run(static function () use ($pdo) {
    $kept = null;
    together(static function () use ($pdo, &$kept) {
        $kept = $pdo->query('SELECT 1 UNION SELECT 2');
        $kept->fetch();
    });
    together(static fn () => $pdo->query('SELECT 3')->fetch(), static fn () => $pdo->query('SELECT 4')->fetch());
    check('a statement that outlives its coroutine keeps its connection', (int) $kept->fetchColumn(), 2);
});
var_dump($pdo);
try {
    clone $pdo;
} catch (Error $error) {
    check('it cannot be cloned', $error->getMessage(), 'Trying to clone an uncloneable object of class PDO');
}
try {
    serialize($pdo);
} catch (Exception $error) {
    check('nor serialized', $error->getMessage(), "Serialization of 'PDO' is not allowed");
}
check('quotes', $pdo->quote("it's"), "'it\\'s'");
try {
    $pdo->nothing();
} catch (Error $error) {
    check('a method that is not there', $error->getMessage(), 'Call to undefined method PDO::nothing()');
}
try {
    new PDO($database->dsn . ';port=x', 'nobody', 'wrong');
} catch (PDOException $error) {
    check('a connection that is refused', $error->getCode(), 1045);
}
?>
--EXPECTF--
ok: a session lasts as long as its coroutine
ok: others see nothing of it
ok: nor do the next ones
ok: a child has a connection of its own
ok: the parent keeps its own
ok: a statement that outlives its coroutine keeps its connection
object(PDO)#%d (0) {
}
ok: it cannot be cloned
ok: nor serialized
ok: quotes
ok: a method that is not there
ok: a connection that is refused
