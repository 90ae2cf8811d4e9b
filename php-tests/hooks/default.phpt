--TEST--
A loop that was told nothing has everything on; flags set before it count
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;

$order = '';
go(static function () use (&$order) {
    Swoole\Coroutine::sleep(0.001);
    check('all are on in the loop', Swoole\Runtime::getHookFlags(), SWOOLE_HOOK_ALL);
    go(static function () use (&$order) { usleep(1_000); $order .= 'b'; });
    $order .= 'a';
});
Swoole\Event::wait();
check('they suspend', $order, 'ab');

Swoole\Runtime::enableCoroutine(SWOOLE_HOOK_TCP);
go(static function () use (&$order) {
    Swoole\Coroutine::sleep(0.001);
    check('what was set stays', Swoole\Runtime::getHookFlags(), SWOOLE_HOOK_TCP);
    go(static function () use (&$order) { usleep(1_000); $order .= 'c'; });
    $order .= 'd';
});
Swoole\Event::wait();
check('sleep blocks', $order, 'abcd');
?>
--EXPECT--
ok: all are on in the loop
ok: they suspend
ok: what was set stays
ok: sleep blocks
