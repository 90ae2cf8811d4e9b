--TEST--
Two coroutines that read of one socket: the fatal error is followed by where the first one waits
--EXTENSIONS--
highper
--INI--
display_errors=1
log_errors=0
html_errors=0
--FILE--
<?php
use Swoole\Coroutine\Socket;

Co\run(function () {
    [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
    function first_reader(Socket $socket) { $socket->recv(); }
    go(fn () => first_reader($a));
    $a->recv();
});
?>
--EXPECTF--
Fatal error: Uncaught Swoole\Error: Socket#%d has already been bound to another coroutine#2, reading of the same socket in coroutine#1 at the same time is not allowed in %sbound_trace.phpt.php:8
Stack trace:
#0 %sbound_trace.phpt.php(8): Swoole\Coroutine\Socket->recv()
#1 [internal function]: {closure%S}()
%A
  thrown in %s on line 8

 [Coroutine-2] Stack trace:
 -------------------------------------------------------------------
#0 %sbound_trace.phpt.php(6): Swoole\Coroutine\Socket->recv()
#1 %sbound_trace.phpt.php(7): first_reader(%s)
#2 [internal function]: {closure%S}()
