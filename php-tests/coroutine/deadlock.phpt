--TEST--
Coroutines that nothing can wake are reported, each with where it waits
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
class Loud { function __destruct() { echo "destructed\n"; } }
function waits(Co\Channel $c) { $held = new Loud; try { $c->pop(); } finally { echo "not reached\n"; } }
Co\run(function () {
    go(fn () => waits(new Co\Channel(1)));
    go(fn () => Co::yield());
    echo "main ends\n";
});
echo "after run\n";
Co::set(['enable_deadlock_check' => false]);
Co\run(function () { Co::yield(); });
echo "end\n";
--EXPECTF--
main ends

 =================================================================
  [FATAL ERROR]: all coroutines (count: 2) are asleep - deadlock!
 =================================================================

  [Coroutine-3]
 -----------------------------------------------------------------
#0 %s(7): Swoole\Coroutine::yield()
#1 [internal function]: {closure%S}()

  [Coroutine-2]
 -----------------------------------------------------------------
#0 %s(4): Swoole\Coroutine\Channel->pop()
#1 %s(6): waits()
#2 [internal function]: {closure%S}()

 =================================================================
after run
end
destructed
[%s]	WARNING	Channel::~Channel() (ERRNO 10003): channel is destroyed, 1 consumers will be discarded
