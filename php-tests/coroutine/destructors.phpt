--TEST--
Destructors may wait; Fibers start meanwhile in others, and the collector stays usable
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
class Slow {
    public $self;
    function __construct(public string $name) {}
    function __destruct() { echo "$this->name begins\n"; Co::sleep(0.005); echo "$this->name ends\n"; }
}
Co\run(function () {
    go(function () { $x = new Slow('local'); });
    (new Fiber(fn () => print("a fiber meanwhile\n")))->start();
    $cid = go(function () { $x = new Slow('unset'); unset($x); echo "unset returned\n"; });
    Co::join([$cid]);
    $channel = new Co\Channel(1);
    $channel->push(new Slow('in a channel'));
    unset($channel);
    Co::getContext()['x'] = new Slow('in the context');
    echo "main ends\n";
});
echo "after run\n";
--EXPECT--
local begins
a fiber meanwhile
unset begins
local ends
unset ends
unset returned
in a channel begins
in a channel ends
main ends
in the context begins
in the context ends
after run
