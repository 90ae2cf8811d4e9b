--TEST--
Destructors that the cycle collector calls wait in coroutines of their own, and hold up neither it nor who set it off
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
class Slow {
    public $self;
    static int $begun = 0, $ended = 0;
    function __construct() { $this->self = $this; }
    function __destruct() { self::$begun++; Co::sleep(0.02); self::$ended++; }
}
class Quick {
    public $self;
    static int $gone = 0;
    function __construct() { $this->self = $this; }
    function __destruct() { self::$gone++; }
}
class Throws {
    public $self;
    function __construct(public bool $late = false) { $this->self = $this; }
    function __destruct() { if ($this->late) { Co::sleep(0.001); } throw new Exception($this->late ? 'late' : 'at once'); }
}
Co\run(function () {
    for ($i = 0; $i < 3000; $i++) { new Slow; }
    $start = hrtime(true);
    $n = gc_collect_cycles();
    $waited = (hrtime(true) - $start) / 1e9;
    echo 'the caller did not wait: ', $waited < 20 ? 'yes' : $waited, "\n";
    echo Slow::$begun, ' begun, ', Slow::$ended, " ended\n";
    // Meanwhile the collector works for others.
    for ($i = 0; $i < 100; $i++) { new Quick; }
    gc_collect_cycles();
    echo Quick::$gone, " collected meanwhile\n";
    while (Slow::$ended < 3000) { Co::sleep(0.005); }
    echo 'freed: ', gc_collect_cycles() >= 3000 ? 'yes' : 'no', ', ', count(Co::list() instanceof Traversable ? iterator_to_array(Co::list()) : Co::list()), " coroutine\n";

    new Throws;
    try { gc_collect_cycles(); echo "nothing\n"; } catch (Exception $e) { echo $e->getMessage(), "\n"; }
    // A generator's finally and a Fiber's, too, run in the end.
    (function () { $g = (function () { $me = yield; try { yield; } finally { echo "finally\n"; } })(); $g->current(); $g->send($g); })();
    gc_collect_cycles();
    (new Fiber(fn () => print("a fiber\n")))->start();
});
for ($i = 0; $i < 10; $i++) { new Quick; }
gc_collect_cycles();
echo Quick::$gone, " outside too\n";
Co\run(function () {
    new Throws(true);
    gc_collect_cycles();
    Co::sleep(0.01);
    echo "not reached\n";
});
--EXPECTF--
the caller did not wait: yes
3000 begun, 0 ended
100 collected meanwhile
freed: yes, 1 coroutine
at once
finally
a fiber
110 outside too

Fatal error: Uncaught Exception: late in %s:18
Stack trace:
#0 [internal function]: Throws->__destruct()
#1 {main}
  thrown in %s on line 18
