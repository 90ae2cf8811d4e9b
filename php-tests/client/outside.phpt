--TEST--
Coroutine\Http\Client outside of coroutines: a fatal error that says so
--FILE--
<?php
(new Swoole\Coroutine\Http\Client('127.0.0.1', 1))->get('/');
?>
--EXPECTF--
Fatal error: Uncaught Swoole\Error: API must be called in the coroutine in %s:%d
Stack trace:
#0 %s(%d): Swoole\Coroutine\Http\Client->get('/')
#1 {main}
  thrown in %s on line %d
