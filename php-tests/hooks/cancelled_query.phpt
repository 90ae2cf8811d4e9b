--TEST--
Cancelled in the middle of a query: nobody gets that query's answer
--EXTENSIONS--
highper
pdo_mysql
mysqli
redis
--CONFLICTS--
all
--TIMEOUT--
90
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db', 'redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\Coroutine;
use function Swoole\Coroutine\{go, run};

$maria = HighperTest\Daemon::mariaDb();
$cache = HighperTest\Daemon::redis();
$attempt = static function (Closure $call): string {
    try {
        return (string) @$call();
    } catch (Throwable $e) {
        return 'fails';
    }
};
run(static function () use ($maria, $cache, $attempt) {
    $pdo = new PDO("mysql:unix_socket={$maria->socket};dbname=test", 'root', '');
    $mysqli = new mysqli(null, 'root', '', 'test', 0, $maria->socket);
    $redis = new Redis();
    $redis->connect($cache->socket);
    $redis->rPush('list', 'one');
    $clients = [
        'PDO' => [static fn () => $pdo->query("SELECT SLEEP(0.3), 'old'")->fetchColumn(1), static fn () => $pdo->query("SELECT 'new'")->fetchColumn()],
        'PDO, prepared' => [static function () use ($maria) {
            $GLOBALS['second'] = $pdo = new PDO("mysql:unix_socket={$maria->socket};dbname=test", 'root', '', [PDO::ATTR_EMULATE_PREPARES => false]);
            $statement = $pdo->prepare("SELECT SLEEP(?), 'old'");
            $statement->execute(['0.3']);
            return $statement->fetchColumn(1);
        }, static fn () => $GLOBALS['second']->query("SELECT 'new'")->fetchColumn()],
        'mysqli' => [static fn () => $mysqli->query("SELECT SLEEP(0.3), 'old'")->fetch_row()[1], static fn () => $mysqli->query("SELECT 'new'")->fetch_row()[0]],
        'Redis' => [static fn () => $redis->blPop(['none'], 1)[1] ?? 'nothing', static fn () => $redis->echo('new')],
    ];
    foreach ($clients as $name => [$long, $short]) {
        $first = null;
        $id = go(static function () use ($attempt, $long, &$first) { $first = $attempt($long); });
        usleep(50_000);
        check("{$name}: cancelled", Coroutine::cancel($id));
        usleep(20_000);
        check('its query fails', $first, 'fails');
        // On a connection that is closed, or on a new one, but never the old answer.
        for ($i = 0; $i < 3; $i++) {
            $next = $attempt($short);
            in_array($next, ['new', 'fails'], true) || check('the next query', $next, 'new');
        }
    }
    check('new connections work', [(new PDO("mysql:unix_socket={$maria->socket}", 'root', ''))->query('SELECT 1')->fetchColumn(), $redis->echo('x')], [1, 'x']);
});
?>
--EXPECTREGEX--
(ok: (PDO|PDO, prepared|mysqli|Redis): cancelled\nok: its query fails\n){4}ok: new connections work
