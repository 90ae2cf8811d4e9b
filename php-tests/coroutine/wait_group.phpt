--TEST--
A WaitGroup waits for zero, can be used again at once, and refuses misuse
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
use Swoole\Coroutine\WaitGroup;
Co\run(function () {
    $wg = new WaitGroup(1); $done = [];
    go(function () use ($wg, &$done) { Co::sleep(0.002); $done[] = 1; $wg->done(); });
    for ($i = 2; $i <= 3; $i++) {
        $wg->add();
        go(function () use ($wg, $i, &$done) { Co::sleep(0.003 * $i); $done[] = $i; $wg->done(); });
    }
    var_dump($wg->count(), $wg->wait(), $done === [1, 2, 3]);
    // done() runs the one that waits on top of itself: its next wait is another one.
    $wg->add();
    var_dump($wg->wait(0.005), $wg->count());
    go(function () use ($wg) { Co::sleep(0.002); $wg->done(); });
    go(function () use ($wg) {
        Co::sleep(0.001);
        foreach (['add', 'wait'] as $method) {
            try { $wg->$method(); } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
        }
    });
    var_dump($wg->wait());
    foreach ([fn () => $wg->done(), fn () => $wg->add(-1)] as $wrong) {
        try { $wrong(); } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
    }
    $order = '';
    Co\parallel(3, function () use (&$order) { $order .= 'a'; Co::sleep(0.001); $order .= 'b'; });
    echo $order, "\n";
    echo json_encode(Co\batch(['x' => function () { Co::sleep(0.002); return 1; }, 'y' => fn () => 2, 'z' => function () { Co::sleep(1); }], 0.05)), "\n";
    echo json_encode(Co\map([1, 2, 'k' => 3], function ($v) { Co::sleep(0.001 * (4 - $v)); return $v * 10; })), "\n";
    foreach (Co::list() as $id) { Co::cancel($id); }
});
--EXPECT--
int(3)
bool(true)
bool(true)
bool(false)
int(1)
BadMethodCallException: WaitGroup misuse: add called concurrently with wait
BadMethodCallException: WaitGroup misuse: reused before previous wait has returned
bool(true)
BadMethodCallException: WaitGroup misuse: negative counter
InvalidArgumentException: WaitGroup misuse: negative counter
aaabbb
{"x":1,"y":2,"z":null}
{"0":10,"1":20,"k":30}
