--TEST--
cancel() ends a wait, or throws there; join() waits for the end of others
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
Co\run(function () {
    $t = hrtime(true);
    $sleeps = go(function () { var_dump(Co::sleep(60), Co::isCanceled(), swoole_last_error() === SWOOLE_ERROR_CO_CANCELED); });
    var_dump(Co::cancel($sleeps), Co::cancel($sleeps), Co::exists($sleeps));
    $channel = new Co\Channel(1);
    $pops = go(function () use ($channel) { var_dump($channel->pop(), $channel->errCode === SWOOLE_CHANNEL_CANCELED); });
    Co::cancel($pops);
    $yields = go(function () { var_dump(Co::yield()); });
    Co::cancel($yields);
    $thrown = go(function () {
        try { Co::sleep(60); echo "not reached\n"; } catch (Co\CanceledException $e) { echo "caught\n"; Co::sleep(0.001); }
        finally { echo "finally\n"; }
        echo "goes on\n";
    });
    var_dump(Co::cancel($thrown, true));
    var_dump(Co::join([$thrown], 1), Co::exists($thrown));
    $two = [go(fn () => Co::sleep(0.003)), go(fn () => Co::sleep(0.006))];
    var_dump(Co::join($two, 0.001), Co::join($two), Co::exists($two[1]));
    var_dump(Co::cancel(12345), Co::join([12345]), @Co::join([Co::getCid()]));
    var_dump(hrtime(true) - $t < 5e9);
    $lost = go(function () { Co::sleep(60); });
    Co::cancel($lost, true);
    echo "not reached\n";
});
--EXPECTF--
bool(false)
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
bool(false)
bool(true)
bool(false)
caught
bool(true)
finally
goes on
bool(true)
bool(false)
bool(false)
bool(true)
bool(false)
bool(false)
bool(false)
bool(false)
bool(true)

Fatal error: Uncaught Swoole\Coroutine\CanceledException in %s
Stack trace:
#0 %s: Swoole\Coroutine::sleep(%S)
#1 [internal function]: {closure%S}()
#2 {main}
  thrown in %s on line %d
