--TEST--
Coroutines that compute give the processor away after their slice, where only PHP code is between
--EXTENSIONS--
highper
--TIMEOUT--
60
--FILE--
<?php
use Swoole\Coroutine as Co;
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, patience};

const SLICE = 0.010;
function burn(float $seconds): int { $n = 0; $end = hrtime(true) + (int) ($seconds * 1e9); while (hrtime(true) < $end) { $n++; } return $n; }

Co::set(['enable_preemptive_scheduler' => true]);
Co\run(function () {
    // One burns, three want to run every millisecond.
    $late = [];
    $burns = true;
    for ($i = 0; $i < 3; $i++) {
        go(static function () use (&$late, &$burns) {
            while ($burns) { $t = hrtime(true); Co::sleep(0.001); $late[] = (hrtime(true) - $t) / 1e9 - 0.001; }
        });
    }
    burn(patience(1.0));
    $burns = false;
    sort($late);
    // The machine may be busy with others: the half of them tells.
    $median = $late[intdiv(count($late), 2)] ?? INF;
    check('the others ran', count($late) > 20 ?: count($late), true);
    check('they waited for three slices at most', $median <= patience(3 * SLICE) ?: $median, true);

    // Two that burn share the time.
    $rounds = [0, 0];
    $ids = [];
    foreach ([0, 1] as $i) {
        $ids[] = go(static function () use (&$rounds, $i) {
            $end = hrtime(true) + (int) (patience(0.5) * 1e9);
            while (hrtime(true) < $end) { $rounds[$i]++; }
        });
    }
    Co::join($ids);
    check('none got much more', max($rounds) < 3 * min($rounds) ?: $rounds, true);

    // Not inside an internal function that calls back.
    $seen = false;
    go(static function () use (&$seen) { Co::sleep(0.001); $seen = true; });
    array_map(static function () use (&$seen) { burn(0.05); check('nobody ran under array_map()', $seen, false); }, [1]);
    burn(patience(0.05));
    check('but after it', $seen);

    // Not where it is forbidden.
    $seen = false;
    go(static function () use (&$seen) { Co::sleep(0.001); $seen = true; });
    var_dump(Co::disableScheduler(), Co::disableScheduler());
    burn(0.05);
    check('nobody ran while it was off', $seen, false);
    var_dump(Co::enableScheduler(), Co::enableScheduler());
    burn(patience(0.05));
    check('but when it was on again', $seen);

    // An exception, a generator, a destructor and a loop without calls are no hindrance.
    $steps = (static function () { for ($i = 0; $i < 5; $i++) { yield burn(0.012); } })();
    $seen = 0;
    go(static function () use (&$seen) { for ($i = 0; $i < 1000 && $seen >= 0; $i++) { Co::sleep(0.001); $seen++; } });
    foreach ($steps as $step) { try { throw new Exception; } catch (Exception) { } }
    $n = 0;
    for ($i = 0; $i < 30_000_000; $i++) { $n += $i & 3; }
    check('the sum is right', $n, 45_000_000);
    check('it was interrupted', $seen > 2);
    $seen = -1;
});
// Off again: what burns burns.
Co::set(['enable_preemptive_scheduler' => false]);
Co\run(function () {
    $seen = false;
    go(static function () use (&$seen) { Co::sleep(0.001); $seen = true; });
    burn(0.05);
    check('off, nobody runs', $seen, false);
});
?>
--EXPECT--
ok: the others ran
ok: they waited for three slices at most
ok: none got much more
ok: nobody ran under array_map()
ok: but after it
bool(true)
bool(false)
ok: nobody ran while it was off
bool(true)
bool(false)
ok: but when it was on again
ok: the sum is right
ok: it was interrupted
ok: off, nobody runs
