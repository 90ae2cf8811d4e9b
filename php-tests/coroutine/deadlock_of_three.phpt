--TEST--
Three coroutines that wait for each other are reported, each with where it waits
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
function takes(string $who, Co\Lock $first, Co\Lock $second) {
    $first->lock();
    Co::sleep(0.002);
    $second->lock();
    echo "$who has both\n";
}
Co\run(function () {
    [$a, $b, $c] = [new Co\Lock, new Co\Lock, new Co\Lock];
    go(fn () => takes('one', $a, $b));
    go(fn () => takes('two', $b, $c));
    go(fn () => takes('three', $c, $a));
    Co::sleep(0.01);
    echo "the main one ends\n";
});
echo "after run\n";
--EXPECTF--
the main one ends

 =================================================================
  [FATAL ERROR]: all coroutines (count: 3) are asleep - deadlock!
 =================================================================

  [Coroutine-4]
 -----------------------------------------------------------------
#0 %s(6): Swoole\Coroutine\Lock->lock()
#1 %s(13): takes()
#2 [internal function]: {closure%S}()

  [Coroutine-3]
 -----------------------------------------------------------------
#0 %s(6): Swoole\Coroutine\Lock->lock()
#1 %s(12): takes()
#2 [internal function]: {closure%S}()

  [Coroutine-2]
 -----------------------------------------------------------------
#0 %s(6): Swoole\Coroutine\Lock->lock()
#1 %s(11): takes()
#2 [internal function]: {closure%S}()

 =================================================================
after run
