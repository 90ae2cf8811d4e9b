<?php
// Barrier, batch, parallel and map of the library.

use Swoole\Coroutine;
use Swoole\Coroutine\Barrier;

use function Swoole\Coroutine\batch;
use function Swoole\Coroutine\map;
use function Swoole\Coroutine\parallel;
use function Swoole\Coroutine\run;

run(function () {
    $barrier = Barrier::make();
    $n = 0;
    foreach (range(1, 4) as $i) {
        go(function () use ($barrier, &$n, $i) {
            Coroutine::sleep(0.001 * $i);
            $n++;
        });
    }
    Barrier::wait($barrier);
    var_dump($n);
    var_dump(batch(['slow' => function () { Coroutine::sleep(0.01); return 1; }, 'fast' => fn () => 2]));
    var_dump(batch(['late' => fn () => Coroutine::sleep(1)], 0.005));
    $count = 0;
    parallel(3, function () use (&$count) { Coroutine::sleep(0.001); $count++; });
    var_dump($count);
    var_dump(map([1, 2, 3], function (int $x) { Coroutine::sleep(0.001 * (4 - $x)); return $x * $x; }));
});
