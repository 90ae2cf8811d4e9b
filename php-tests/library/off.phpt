--TEST--
swoole.enable_library=Off: nothing of the library is there; use_shortname=Off: no short functions
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
$code = 'echo json_encode([class_exists("Swoole\\\\ArrayObject"), class_exists("Swoole\\\\ArrayObject", false), function_exists("swoole_string"),'
    . ' function_exists("_string"), in_array("Swoole\\\\ArrayObject", get_declared_classes())]), "\n";';
foreach (['-d swoole.enable_library=Off', '-d swoole.use_shortname=Off', ''] as $options) {
    passthru(escapeshellarg(PHP_BINARY) . ' ' . $options . ' -r ' . escapeshellarg($code));
}
?>
--EXPECT--
[false,false,false,false,false]
[true,true,true,false,true]
[true,true,true,true,true]
