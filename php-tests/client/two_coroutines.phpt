--TEST--
Coroutine\Http\Client: two coroutines on one client are a mistake that is told
--FILE--
<?php
require __DIR__ . '/raw.php';
use Swoole\Coroutine\Http\Client;

Co\run(function () {
    [, $port] = listen(function ($peer) {
        request($peer);
        Co::sleep(0.2);
    });
    $client = new Client('127.0.0.1', $port);
    go(fn () => $client->get('/one'));
    go(fn () => $client->get('/two'));
});
?>
--EXPECTF--
Fatal error: Uncaught Swoole\Error: Socket#%d has already been bound to another coroutine#%d, reading or writing of the same socket in coroutine#%d at the same time is not allowed in %s:%d
Stack trace:
#0 %s(%d): Swoole\Coroutine\Http\Client->get('/two')
#1 [internal function]: {closure%S}()
#2 {main}
  thrown in %s on line %d%A
