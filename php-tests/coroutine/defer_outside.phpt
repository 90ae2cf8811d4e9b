--TEST--
defer() outside a coroutine is a fatal error
--EXTENSIONS--
highper
--FILE--
<?php
defer(fn () => 1);
--EXPECTF--
Fatal error: Uncaught Swoole\Error: API must be called in the coroutine in %s
Stack trace:
#0 %s: defer(Object(Closure))
#1 {main}
  thrown in %s on line %d
