<?php
// Coroutine ids, parents, and what is true outside.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

var_dump(Coroutine::getCid(), Coroutine::getuid(), Coroutine::getPcid(), Coroutine::exists(1));
run(function () {
    var_dump(Coroutine::getCid(), Coroutine::getPcid());
    $child = go(function () {
        var_dump(Coroutine::getPcid());
        go(function () {
            $parent = Coroutine::getPcid();
            var_dump($parent, Coroutine::getPcid($parent));
            Coroutine::sleep(0.005);
            // the parent has ended
            var_dump(Coroutine::getPcid() === $parent, Coroutine::exists($parent));
        });
    });
    var_dump($child, Coroutine::exists($child), Coroutine::getPcid(12345));
    var_dump(Coroutine::getElapsed() >= 0, Coroutine::getElapsed(12345));
});
run(function () {
    echo 'ids go on: ', Coroutine::getCid(), "\n";
});
