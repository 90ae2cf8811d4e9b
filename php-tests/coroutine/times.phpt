--TEST--
Time accounting: on the processor, waiting, ready; nested coroutines, also those that others resume
--EXTENSIONS--
highper
--INI--
highper.time_accounting=1
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use function HighperTest\check;

function burn(float $seconds): void { $end = hrtime(true) + $seconds * 1e9; while (hrtime(true) < $end) {} }
/** Between what must have been, and that with what a busy machine adds. */
function near(float $is, float $wanted): bool { return $is > $wanted * 0.8 && $is < $wanted + 0.04 + $wanted; }

Co\run(function () {
    burn(0.02);
    $child = go(function () { burn(0.03); Coroutine::sleep(0.05); burn(0.01); Coroutine::yield(); });
    $times = Highper\times();
    check('on the processor', near($times['on_cpu'], 0.02));
    check('ready while the child ran', near($times['ready'], 0.03));
    check('not waited', $times['waiting'], 0.0);
    Coroutine::sleep(0.1);
    $times = Highper\times();
    check('waited', near($times['waiting'] + $times['ready'], 0.13));
    $times = Highper\times($child);
    check('the child: on the processor', near($times['on_cpu'], 0.04));
    check('the child: waited', near($times['waiting'] + $times['ready'], 0.09));
    check('microseconds', near(Coroutine::getExecuteTime($child) / 1e6, 0.04));
    check('its own', Coroutine::getExecuteTime() >= 20000);
    Coroutine::resume($child);
    check('none', [Highper\times($child), Coroutine::getExecuteTime($child), Highper\times(12345)], [null, -1, null]);

    // Two that are ready at the same time: one of them waits for the other.
    foreach ([1, 2] as $i) {
        [$near, $far[]] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        go(function () use ($near, &$ready) { fread($near, 1); burn(0.03); $ready[] = Highper\times()['ready']; });
    }
    foreach ($far as $end) { fwrite($end, 'x'); }
    Coroutine::sleep(0.1);
    sort($ready);
    check('the second was ready while the first ran', [$ready[0] < 0.02, near($ready[1], 0.03)], [true, true]);
});
check('outside of coroutines', Highper\times(), null);
?>
--EXPECT--
ok: on the processor
ok: ready while the child ran
ok: not waited
ok: waited
ok: the child: on the processor
ok: the child: waited
ok: microseconds
ok: its own
ok: none
ok: the second was ready while the first ran
ok: outside of coroutines
