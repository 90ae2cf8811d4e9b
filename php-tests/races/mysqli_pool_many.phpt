--TEST--
10,000 coroutines share a mysqli object, some of which are cancelled, fail or close it: never more connections than the pool may have, and none is lost
--EXTENSIONS--
highper
mysqli
pdo_mysql
--INI--
highper.mysqli_pool=8
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
preg_match('~unix_socket=([^;]+)~', $database->dsn, $found);
run(static function () use ($found) {
    $db = new mysqli('localhost', 'root', '', 'test', null, $found[1]);
    $db->query('CREATE TABLE t (v INT) ENGINE=InnoDB');
    $right = $failed = $wrong = 0;
    $ids = [];
    for ($i = 0; $i < 10_000; $i++) {
        $ids[] = go(static function () use ($db, $i, &$right, &$failed, &$wrong) {
            try {
                $db->begin_transaction();
                $row = $db->query("SELECT {$i}, @@in_transaction" . ($i % 100 === 0 ? ', SLEEP(0.01)' : ''))->fetch_row();
                [(int) $row[0], (int) $row[1], $db->field_count] === [$i, 1, count($row)] ? $right++ : $wrong++;
                match ($i % 50) {
                    1 => $db->query('nonsense'),
                    2 => $db->query('SET @x = 1'),
                    3 => mysqli_commit($db),
                    4 => $db->query('INSERT INTO t VALUES (1)'),
                    5 => $db->close(),
                    6 => $db->close() && $db->query('SELECT 1'),
                    7 => $db->autocommit(false),
                    default => null,
                };
            } catch (mysqli_sql_exception) {
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
    check('nobody saw another one\'s answer, transaction or properties', $wrong, 0);
    check('those went wrong that had to', $failed >= 100 && $failed < 320 ?: $failed);
    check('all others had their answers', $right + $failed >= 10_000 ?: [$right, $failed]);
    check('nothing was committed', (int) $db->query('SELECT COUNT(*) FROM t')->fetch_column(), 0);
    $used = (int) $db->query("SHOW STATUS LIKE 'Max_used_connections'")->fetch_row()[1];
    check('never more connections than there may be', $used <= 8 + 2 ?: $used);
    // All of them are there: each waits until seven have one.
    $ids = [];
    $here = 0;
    for ($i = 0; $i < 7; $i++) {
        $ids[] = go(static function () use ($db, &$here) {
            $db->query('SELECT 1');
            $here++;
            HighperTest\wait_until(static function () use (&$here) { return $here === 7; }, 'a connection for each of seven', 30);
        });
    }
    Coroutine::join($ids);
    check('none is lost', $here, 7);
});
?>
--EXPECT--
ok: nobody saw another one's answer, transaction or properties
ok: those went wrong that had to
ok: all others had their answers
ok: nothing was committed
ok: never more connections than there may be
ok: none is lost
