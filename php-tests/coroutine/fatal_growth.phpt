--TEST--
Endless recursion in PHP code meets the memory limit, not the end of a stack
--EXTENSIONS--
highper
--SKIPIF--
<?php if (getenv('USE_ZEND_ALLOC') === '0') die('skip without its own allocator PHP has no memory limit');
if (ini_get('opcache.jit') === 'function') die('skip the function JIT compiles the recursion into one that PHP itself ends by SIGKILL'); ?>
--INI--
memory_limit=32M
--FILE--
<?php
use Swoole\Coroutine as Co;
function deeper($n) { return deeper($n + 1) + 1; }
register_shutdown_function(fn () => print("shutdown\n"));
Co\run(function () {
    Co::sleep(0.001);
    deeper(0);
});
--EXPECTF--
Fatal error: Allowed memory size of 33554432 bytes exhausted%s in %s on line 3
shutdown
