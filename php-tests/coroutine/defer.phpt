--TEST--
Deferred calls run at the end, last come first, also after an exception or exit()
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
Co\run(function () {
    go(function () {
        defer(function ($result) { echo "1 got ", json_encode($result), "\n"; });
        defer(function () { Co::sleep(0.001); echo "2 waited\n"; });
        defer(function () { defer(fn () => print("nested\n")); echo "3\n"; });
        echo "body\n";
        return 'result';
    });
    Co::sleep(0.01);
    go(function () {
        defer(fn () => print("after exit()\n"));
        try { exit(0); } catch (Swoole\ExitException) { }
    });
    echo "main lives\n";
});
go(function () {
    defer(function () { echo "is called\n"; });
    throw new RuntimeException('from the body');
});
--EXPECTF--
body
3
nested
2 waited
1 got "result"
after exit()
main lives

Fatal error: Uncaught RuntimeException: from the body in %s
Stack trace:
#0 %s: {closure%S}()
%A
  thrown in %s on line %d
is called
