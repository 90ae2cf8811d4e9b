--TEST--
highper.swoole=Off leaves the namespace Swoole alone
--EXTENSIONS--
highper
--INI--
highper.swoole=Off
--FILE--
<?php
var_dump(extension_loaded('highper'), extension_loaded('swoole'), function_exists('swoole_version'), defined('SWOOLE_VERSION'));
?>
--EXPECT--
bool(true)
bool(false)
bool(false)
bool(false)
