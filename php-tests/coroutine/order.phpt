--TEST--
go() runs the new coroutine at once, who waits gives way, run() returns at the end
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
Co\run(function () {
    echo "main starts as ", Co::getCid(), "\n";
    $id = go(function ($a, ...$rest) {
        echo "child $a ", implode(',', $rest), ", made by ", Co::getPcid(), "\n";
        Co::sleep(0.02);
        echo "child goes on\n";
    }, 'x', 'y', 'z');
    echo "main goes on, child is $id\n";
    go(function () { Co::sleep(0.005); echo "early\n"; });
    go(function () { Co::sleep(0.010); echo "later\n"; });
    $yielding = go(function () { echo "yields\n"; var_dump(Co::yield()); echo "resumed\n"; });
    Co::resume($yielding);
    var_dump(Co::exists($yielding), Co::exists($id));
    echo "main ends\n";
});
echo "outside ", Co::getCid(), "\n";
go(function () { Co::sleep(0.001); echo "without run()\n"; });
echo "script ends\n";
--EXPECTF--
main starts as 1
child x y,z, made by 1
main goes on, child is 2
yields
bool(true)
resumed
bool(false)
bool(true)
main ends
early
later
child goes on
outside -1
script ends
%Awithout run()
