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
        exit(0);
    });
    go(function () {
        defer(fn () => print("still called\n"));
        defer(function () { throw new LogicException('from a deferred call'); });
        throw new RuntimeException('from the body');
    });
    echo "main lives\n";
});
defer(fn () => 1);
--EXPECTF--
body
3
nested
2 waited
1 got "result"
after exit()

Fatal error: Uncaught RuntimeException: from the body in %s
Stack trace:
#0 [internal function]: {closure%S}()
#1 {main}
  thrown in %s on line %d

Fatal error: Uncaught LogicException: from a deferred call in %s
Stack trace:
#0 [internal function]: {closure%S}()
#1 {main}
  thrown in %s on line %d
still called
main lives

Fatal error: Uncaught Swoole\Error: API must be called in the coroutine in %s
Stack trace:
#0 %s: defer(Object(Closure))
#1 {main}
  thrown in %s on line %d
