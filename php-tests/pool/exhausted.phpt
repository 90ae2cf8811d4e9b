--TEST--
A pool of PDO connections that is exhausted makes coroutines wait their turn, for so long, and says who has them
--EXTENSIONS--
highper
pdo_mysql
--INI--
highper.pdo_pool=2
highper.pool_timeout=0.2
highper.pool_queue=3
highper.pool_idle=0.3
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use Swoole\Coroutine\Channel;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$database = HighperTest\Database::mariaDb();
run(static function () use ($database) {
    $pdo = $database->pdo();
    $done = new Channel(10);
    $holder = go(static function () use ($pdo) {
        $pdo->query('SELECT 1');
        usleep(300_000);
    });
    $error = null;
    $begun = microtime(true);
    $late = static function () use ($pdo, $done) {
        try {
            $pdo->query('SELECT 1');
            $done->push('got one');
        } catch (PDOException $error) {
            $done->push($error);
        }
    };
    go($late);
    $cancelled = go($late);
    usleep(50_000);
    go($late);
    go($late);
    $error = $done->pop(1);
    check('there is no place in line for a fourth', str_ends_with($error->getMessage(), ': 3 wait for one already'));
    check('its state', $error->errorInfo[0], '08004');
    Coroutine::cancel($cancelled);
    $error = $done->pop(1);
    check('who is cancelled leaves the line', str_ends_with($error->getMessage(), 'was cancelled while it waited for one'));
    $error = $done->pop(1);
    $own = Coroutine::getCid();
    check('one waits for 0.2 s', abs(microtime(true) - $begun - 0.2) < 0.09 ?: $error);
    $wanted = '~^SQLSTATE\[08004\]: no connection of the pool \(highper.pdo_pool\) for mysql:unix_socket=.*: none of the 2 became free within 0\.2\d* s; '
        . "coroutine {$own} has had one the longest, taken at .*:\d+$~";
    check('and is told who has one', preg_match($wanted, $error->getMessage()) === 1 ?: $error->getMessage());
    check('so is the third', $done->pop(1) instanceof PDOException);
    Coroutine::join([$holder]);
    go($late);
    check('now there is one', $done->pop(1), 'got one');
    $connected = static fn (): int => (int) $pdo->query("SHOW STATUS LIKE 'Threads_connected'")->fetchColumn(1);
    $before = $connected();
    HighperTest\wait_until(static fn () => $connected() === 1, 'one that nobody needs is closed');
    check('one that nobody needs is closed', $before, 2);
});
?>
--EXPECT--
ok: there is no place in line for a fourth
ok: its state
ok: who is cancelled leaves the line
ok: one waits for 0.2 s
ok: and is told who has one
ok: so is the third
ok: now there is one
ok: one that nobody needs is closed
