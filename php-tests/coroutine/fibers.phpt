--TEST--
Native Fibers and generators inside coroutines, which wait inside them
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
Co\run(function () {
    foreach (['a', 'b'] as $name) {
        go(function () use ($name) {
            $fiber = new Fiber(function ($x) use ($name) {
                echo "$name fiber got $x\n";
                Co::sleep(0.002);
                $y = Fiber::suspend("$name suspended");
                Co::sleep(0.002);
                echo "$name fiber got $y in coroutine ", Co::getCid(), "\n";
                return "$name result";
            });
            echo $fiber->start(1), "\n";
            Co::sleep(0.002);
            $fiber->resume(2);
            echo $fiber->getReturn(), "\n";
            $generator = (function () use ($name) { foreach ([1, 2] as $i) { Co::sleep(0.002); yield "$name $i"; } })();
            foreach ($generator as $v) { echo $v, "\n"; }
        });
    }
    go(function () {
        $fiber = new Fiber(function () { try { Fiber::suspend(); } finally { echo "abandoned fiber unwound\n"; } });
        $fiber->start();
    });
});
--EXPECT--
a fiber got 1
b fiber got 1
abandoned fiber unwound
a suspended
b suspended
a fiber got 2 in coroutine 2
a result
b fiber got 2 in coroutine 3
b result
a 1
b 1
a 2
b 2
