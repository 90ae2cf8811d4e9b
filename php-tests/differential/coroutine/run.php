<?php
// What run() returns and passes on.

use function Swoole\Coroutine\run;

var_dump(run(fn () => 'ignored'));
var_dump(run(function (...$args) { echo json_encode($args), "\n"; }, 1, 'two'));
var_dump(Swoole\Coroutine::getCid());
var_dump(Co\run(function () { echo "by its short name\n"; }));
var_dump(run(fn () => print("once more\n")));
