--TEST--
One mysqli object, 200 coroutines on eight connections: each has its own transaction and its own properties, by methods and by functions
--EXTENSIONS--
highper
mysqli
pdo_mysql
--INI--
highper.mysqli_pool=8
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
preg_match('~unix_socket=([^;]+)~', $database->dsn, $found);
$db = new mysqli('localhost', 'root', '', 'test', null, $found[1]);
$db->query('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL) ENGINE=InnoDB');
$which = static fn (): int => (int) $db->query('SELECT CONNECTION_ID()')->fetch_column();
$main = $which();
$own = $props = $stayed = 0;
$connections = [];
$by_methods = static function (int $i) use ($db): array {
    $db->begin_transaction();
    $insert = $db->prepare('INSERT INTO t (v) VALUES (?)');
    $insert->bind_param('i', $i);
    $insert->execute();
    $id = $db->insert_id;
    usleep(random_int(100, 3000));
    $row = $db->query('SELECT v, (SELECT COUNT(*) FROM t WHERE v % 2 = 0) FROM t WHERE id = ' . (int) $id)->fetch_row();
    $db->query("UPDATE t SET v = v WHERE id = {$id} + 0");
    $same = [$id === $insert->insert_id, $db->affected_rows, $db->error, isset($db->errno), $db->thread_id];
    $i % 2 ? $db->commit() : null;
    return [$row, $same];
};
$by_functions = static function (int $i) use ($db): array {
    mysqli_begin_transaction($db);
    mysqli_execute_query($db, 'INSERT INTO t (v) VALUES (?)', [$i]);
    $id = mysqli_insert_id($db);
    usleep(random_int(100, 3000));
    $row = mysqli_fetch_row(mysqli_query($db, 'SELECT v, (SELECT COUNT(*) FROM t WHERE v % 2 = 0) FROM t WHERE id = ' . (int) $id));
    mysqli_real_query($db, "UPDATE t SET v = v WHERE id = {$id} + 0");
    $same = [$id === $db->insert_id ?: true, mysqli_affected_rows($db), mysqli_error($db), mysqli_errno($db) === 0, mysqli_thread_id($db)];
    $i % 2 ? mysqli_commit($db) : null;
    return [$row, $same];
};
run(static function () use ($which, $by_methods, $by_functions, &$own, &$props, &$stayed, &$connections) {
    for ($i = 0; $i < 200; $i++) {
        $ids[] = go(static function () use ($which, $i, $by_methods, $by_functions, &$own, &$props, &$stayed, &$connections) {
            $first = $which();
            [$row, $same] = $i % 4 < 2 ? $by_methods($i) : $by_functions($i);
            // Those that are even are never committed, so only one's own can be seen.
            $own += (int) (array_map(intval(...), $row) === [$i, ($i + 1) % 2]);
            $props += (int) ($same === [true, 0, '', true, $first]);
            $stayed += (int) ($first === $which());
            $connections[$first] = true;
        });
    }
    Coroutine::join($ids);
});
check('each saw its own row and its own last insert id', $own, 200);
check('properties are those of its own connection', $props, 200);
check('each had one connection to its end', $stayed, 200);
check('eight connections served them', [count($connections), isset($connections[$main])], [8, false]);
check('half of them committed', (int) $db->query('SELECT COUNT(*) FROM t')->fetch_column(), 100);
check('what the others did was taken back', (int) $db->query('SELECT SUM(v) FROM t')->fetch_column(), 10_000);
check('the object works outside of coroutines', $which(), $main);
?>
--EXPECT--
ok: each saw its own row and its own last insert id
ok: properties are those of its own connection
ok: each had one connection to its end
ok: eight connections served them
ok: half of them committed
ok: what the others did was taken back
ok: the object works outside of coroutines
