--TEST--
phpredis waits without blocking the others
--EXTENSIONS--
highper
redis
--CONFLICTS--
all
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$daemon = HighperTest\Daemon::redis();
$start = microtime(true);
run(static function () use ($daemon) {
    $connect = static function () use ($daemon): Redis {
        $redis = new Redis();
        $redis->connect($daemon->socket);
        return $redis;
    };
    for ($i = 0; $i < 20; $i++) {
        go(static function () use ($connect, $i) {
            $redis = $connect();
            check('nothing came', $redis->blPop(["empty:{$i}"], 1), []);
        });
    }
    go(static function () use ($connect) { usleep(100_000); $connect()->rPush('list', 'item'); });
    check('blPop gets it', $connect()->blPop(['list'], 5), ['list', 'item']);
});
$time = microtime(true) - $start;
check('at the same time', $time >= 0.9 && $time < 2.5 ?: $time);
?>
--EXPECTREGEX--
ok: blPop gets it\n(ok: nothing came\n){20}ok: at the same time
