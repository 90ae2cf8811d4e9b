<?php
// WaitGroup counts, waits, and refuses nonsense.

use Swoole\Coroutine;
use Swoole\Coroutine\WaitGroup;

use function Swoole\Coroutine\run;

run(function () {
    $group = new WaitGroup();
    $done = [];
    foreach ([3, 1, 2] as $i) {
        $group->add();
        go(function () use ($group, $i, &$done) {
            Coroutine::sleep(0.005 * $i);
            $done[] = $i;
            $group->done();
        });
    }
    var_dump($group->count(), $group->wait(), $group->count());
    echo implode(',', $done), "\n";
    var_dump($group->wait());

    $group->add();
    var_dump($group->wait(0.01), $group->count());
    $group->done();
    var_dump((new WaitGroup(2))->count());
    foreach ([fn () => $group->done(), fn () => $group->add(-1)] as $wrong) {
        try {
            $wrong();
            echo "accepted\n";
        } catch (Throwable $e) {
            echo get_class($e), ': ', $e->getMessage(), "\n";
        }
    }
});
