--TEST--
Sleeping functions let other coroutines run
--EXTENSIONS--
highper
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

function timed(callable $sleep, int $count): float
{
    $start = microtime(true);
    run(static function () use ($sleep, $count) {
        for ($i = 0; $i < $count; $i++) {
            go($sleep);
        }
    });
    return microtime(true) - $start;
}

$sleeps = [
    'usleep' => static fn () => usleep(100_000),
    'time_nanosleep' => static fn () => time_nanosleep(0, 100_000_000),
    'time_sleep_until' => static fn () => time_sleep_until(microtime(true) + 0.1),
];
foreach ($sleeps as $name => $sleep) {
    $time = timed($sleep, 50);
    check("50 × {$name}", $time >= 0.099 && $time < 0.6 ?: $time);
}
$time = timed(static fn () => check('sleep gives 0', sleep(1), 0), 3);
check('3 × sleep(1)', $time >= 0.999 && $time < 1.6 ?: $time);

$order = '';
run(static function () use (&$order) {
    go(static function () use (&$order) { $order .= 'a'; usleep(0); $order .= 'c'; });
    $order .= 'b';
});
check('usleep(0) gives way once', $order, 'abc');

$start = microtime(true);
usleep(50_000);
check('outside coroutines it blocks', microtime(true) - $start >= 0.049);
?>
--EXPECT--
ok: 50 × usleep
ok: 50 × time_nanosleep
ok: 50 × time_sleep_until
ok: sleep gives 0
ok: sleep gives 0
ok: sleep gives 0
ok: 3 × sleep(1)
ok: usleep(0) gives way once
ok: outside coroutines it blocks
