--TEST--
exit() that nobody catches ends the program as an exception does: deferred calls, finally and shutdown functions run
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
register_shutdown_function(fn () => print("shutdown\n"));
Co\run(function () {
    go(function () { Co::sleep(0.001); echo "not reached\n"; });
    go(function () {
        defer(fn () => print("deferred\n"));
        try { exit(9); } finally { echo "finally\n"; }
    });
    echo "not reached\n";
});
echo "not reached\n";
--EXPECTF--
finally

Fatal error: Uncaught Swoole\ExitException: swoole exit in %s
Stack trace:
%A#%d [internal function]: {closure%S}()
#%d {main}
  thrown in %s on line 8
deferred
shutdown
