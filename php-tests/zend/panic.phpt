--TEST--
A panic becomes an Error
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
fclose(STDERR); // where the panic is reported
try { Highper\Test\fail('panic'); } catch (Error $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
echo "alive\n";

--EXPECT--
Error: internal error in highper: on purpose; please report it
alive
