--TEST--
Time accounting is off unless it is asked for, and says so
--EXTENSIONS--
highper
--INI--
html_errors=0
--FILE--
<?php
Co\run(function () {
    var_dump(method_exists('Swoole\Coroutine', 'getExecuteTime'));
    try {
        Highper\times();
    } catch (Error $error) {
        echo $error->getMessage(), "\n";
    }
});
?>
--EXPECT--
bool(false)
time is not counted: set highper.time_accounting=1 in php.ini, or the application's setting 'time_accounting'
