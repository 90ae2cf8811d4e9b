--TEST--
A channel holds its capacity, wakes in order, times out, and gives out what is left when closed
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
use Swoole\Coroutine\Channel;
Co\run(function () {
    $c = new Channel(2);
    echo $c->capacity, json_encode([$c->isEmpty(), $c->isFull(), $c->length()]), "\n";
    var_dump($c->push('a'), $c->push(['b' => 1]));
    echo json_encode([$c->isEmpty(), $c->isFull(), $c->length()]), "\n";
    $t = microtime(true);
    var_dump($c->push('no room', 0.01), $c->errCode === SWOOLE_CHANNEL_TIMEOUT, microtime(true) - $t >= 0.009);
    go(function () use ($c) { $c->push('waited'); echo "producer goes on\n"; });
    echo json_encode($c->stats()), "\n";
    var_dump($c->pop(), $c->errCode);
    var_dump($c->pop(), $c->pop());
    var_dump($c->pop(0.005), $c->errCode === SWOOLE_CHANNEL_TIMEOUT);

    foreach ([1, 2, 3] as $n) {
        go(function () use ($c, $n) { $v = json_encode($c->pop()); echo "consumer $n got $v\n"; });
    }
    foreach (['p', 'q', 'r'] as $v) { $c->push($v); }

    go(function () use ($c) { var_dump($c->pop()); echo "woken by close: ", $c->errCode, "\n"; });
    var_dump($c->close(), $c->close(), $c->push(1), $c->errCode === SWOOLE_CHANNEL_CLOSED);
    $d = new Channel(3); $d->push(1); $d->push(2); $d->close();
    var_dump($d->pop(), $d->pop(), $d->pop(), $d->errCode === SWOOLE_CHANNEL_CLOSED);

    $many = new Channel(8); $sum = 0;
    go(function () use ($many) { for ($i = 1; $i <= 10000; $i++) { $many->push($i); } $many->close(); });
    while (($v = $many->pop()) !== false) { $sum += $v; }
    echo $sum, "\n";
    // A cycle through a channel is found by the collector.
    for ($i = 0; $i < 1000; $i++) { $x = new Channel(1); $x->push([$x]); unset($x); }
    echo gc_collect_cycles() > 0 ? "collected\n" : "leaked\n";
});
class Bare extends Channel { function __construct() {} }
try { (new Bare)->length(); } catch (Throwable $e) { echo get_class($e), "\n"; }
--EXPECTF--
2[true,false,0]
bool(true)
bool(true)
[false,true,2]
bool(false)
bool(true)
bool(true)
{"consumer_num":0,"producer_num":1,"queue_num":2}
producer goes on
string(1) "a"
int(0)
array(1) {
  ["b"]=>
  int(1)
}
string(6) "waited"
bool(false)
bool(true)
consumer 1 got "p"
consumer 2 got "q"
consumer 3 got "r"
bool(false)
woken by close: -2
bool(true)
bool(false)
bool(false)
bool(true)
int(1)
int(2)
bool(false)
bool(true)
50005000
collected

Fatal error: %Smust call constructor first in %s on line %d
