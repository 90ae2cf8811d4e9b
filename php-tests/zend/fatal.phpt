--TEST--
A fatal error goes through our frames
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
register_shutdown_function(function () { echo "shutdown ", error_get_last()['message'], "\n"; });
ini_set('display_errors', '0');
Highper\Test\pass(fn () => Highper\Test\fail('fatal'));
echo "not reached\n";

--EXPECT--
shutdown Highper\Test\fail(): a fatal error
