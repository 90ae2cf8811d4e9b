<?php
// Which coroutines there are, and the keys of stats().

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

run(function () {
    foreach (range(1, 3) as $i) {
        go(fn () => Coroutine::sleep(0.01));
    }
    $list = Coroutine::list();
    var_dump(get_class($list));
    $ids = iterator_to_array($list);
    sort($ids);
    echo json_encode($ids), "\n";
    var_dump(get_class(Coroutine::listCoroutines()));
    $stats = Coroutine::stats();
    echo implode("\n", array_keys($stats)), "\n";
    var_dump($stats['coroutine_num'], $stats['coroutine_peak_num'], $stats['coroutine_last_cid'], $stats['event_num']);
});
