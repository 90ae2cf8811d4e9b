--TEST--
A script that ends with a fatal error runs no loop at its end
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
register_shutdown_function(fn () => print("shutdown\n"));
go(function () { defer(fn () => print("not reached\n")); Co::sleep(0.001); echo "not reached\n"; });
Swoole\Timer::after(1, fn () => print("not reached\n"));
nowhere();
--EXPECTF--
Fatal error: Uncaught Error: Call to undefined function nowhere() in %s
Stack trace:
#0 {main}
  thrown in %s on line 6
shutdown
