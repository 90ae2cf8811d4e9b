<?php
// The Scheduler class: add, parallel, start, options.

use Swoole\Coroutine;
use Swoole\Coroutine\Scheduler;

$scheduler = new Scheduler();
var_dump($scheduler->set(['max_coroutine' => 50]));
var_dump($scheduler->getOptions());
var_dump($scheduler->add(function (string $name, int $n) {
    Coroutine::sleep(0.004);
    echo "$name $n\n";
}, 'added', 1));
$scheduler->add(fn () => print("the second\n"));
var_dump($scheduler->parallel(2, function (string $word) {
    echo "$word in ", Coroutine::getCid(), "\n";
}, 'parallel'));
var_dump($scheduler->start());
var_dump($scheduler->start());
