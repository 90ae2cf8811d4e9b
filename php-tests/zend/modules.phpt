--TEST--
Two modules from one file
--EXTENSIONS--
highper
--FILE--
<?php
var_dump(extension_loaded('highper'), extension_loaded('swoole'), phpversion('swoole'), SWOOLE_VERSION, swoole_version());
var_dump(ini_get('highper.swoole'), ini_get('swoole.use_shortname'));
var_dump((new ReflectionFunction('swoole_version'))->getExtensionName(), in_array('swoole_version', (new ReflectionExtension('swoole'))->getFunctions() ? array_keys((new ReflectionExtension('swoole'))->getFunctions()) : []));
try { swoole_version(1); } catch (ArgumentCountError $e) { echo $e->getMessage(), "\n"; }
?>
--EXPECT--
bool(true)
bool(true)
string(5) "6.2.2"
string(5) "6.2.2"
string(5) "6.2.2"
string(2) "On"
string(2) "On"
string(6) "swoole"
bool(true)
swoole_version() expects exactly 0 arguments, 1 given
