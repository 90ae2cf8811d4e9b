--TEST--
Running out of memory in a coroutine ends the script as it does outside
--EXTENSIONS--
highper
--SKIPIF--
<?php if (getenv('USE_ZEND_ALLOC') === '0') die('skip without its own allocator PHP has no memory limit'); ?>
--INI--
memory_limit=16M
--FILE--
<?php
use Swoole\Coroutine as Co;
register_shutdown_function(function () { echo "shutdown: ", strtok(error_get_last()['message'], '('), "\n"; });
Co\run(function () {
    go(function () { Co::sleep(0.5); echo "not reached\n"; });
    $c = new Co\Channel(1);
    go(fn () => $c->pop());
    Co::sleep(0.001);
    try { $s = str_repeat('x', 64 << 20); } finally { echo "not reached either\n"; }
});
echo "nor this\n";
--EXPECTF--
Fatal error: Allowed memory size of 16777216 bytes exhausted%s in %s on line 9
shutdown: Allowed memory size of 16777216 bytes exhausted 
[%s]	WARNING	Channel::~Channel() (ERRNO 10003): channel is destroyed, 1 consumers will be discarded
