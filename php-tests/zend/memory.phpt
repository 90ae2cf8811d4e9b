--TEST--
The memory limit inside a function of ours is a fatal error like any other
--EXTENSIONS--
highper
--SKIPIF--
<?php if (getenv('USE_ZEND_ALLOC') === '0') die('skip without its own allocator PHP has no memory limit');
if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--INI--
memory_limit=32M
display_errors=0
--FILE--
<?php
use function Highper\Test\{big, outcome};
register_shutdown_function(function () { echo "shutdown\n"; });
echo strlen(big(1000)), "\n";
echo outcome(fn () => big(100_000_000)), "\n";
echo outcome(function () { for ($a = []; ; ) { $a[] = big(10_000); } }), "\n";
echo outcome(fn () => strlen(big(1000))), "\n";
echo strlen(big(100_000_000)), "\n";
echo "not reached\n";
--EXPECT--
1000
bailout
bailout
value 1000
shutdown
