--TEST--
PDO and mysqli run queries of many coroutines at the same time
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
use Swoole\Coroutine\Channel;
use function Swoole\Coroutine\{go, run};

$daemon = HighperTest\Daemon::mariaDb();
$query = [
    'PDO' => static function (int $i) use ($daemon): array {
        $pdo = new PDO("mysql:unix_socket={$daemon->socket};dbname=test", 'root', '');
        $pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, $i % 2 === 0);
        $statement = $pdo->prepare('SELECT SLEEP(0.2), ? AS i');
        $statement->execute([$i]);
        return array_map(intval(...), $statement->fetch(PDO::FETCH_NUM));
    },
    'mysqli' => static function (int $i) use ($daemon): array {
        $mysqli = new mysqli(null, 'root', '', 'test', 0, $daemon->socket);
        return array_map(intval(...), $mysqli->query("SELECT SLEEP(0.2), {$i}")->fetch_row());
    },
];
foreach ($query as $name => $body) {
    $start = microtime(true);
    $sum = 0;
    run(static function () use ($body, &$sum) {
        $results = new Channel(20);
        for ($i = 1; $i <= 20; $i++) {
            go(static fn () => $results->push($body($i) === [0, $i] ? $i : 0));
        }
        for ($i = 0; $i < 20; $i++) {
            $sum += $results->pop(10);
        }
    });
    $time = microtime(true) - $start;
    check("20 × {$name}: each its own result", $sum, 210);
    check('at the same time', $time >= 0.2 && $time < 1.5 ?: $time);
}
?>
--EXPECT--
ok: 20 × PDO: each its own result
ok: at the same time
ok: 20 × mysqli: each its own result
ok: at the same time
