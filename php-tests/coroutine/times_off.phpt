--TEST--
Time accounting is off unless it is asked for, and says so
--EXTENSIONS--
highper
--INI--
html_errors=0
--FILE--
<?php
Co\run(function () {
    var_dump(Swoole\Coroutine::getExecuteTime());
    try {
        Highper\times();
    } catch (Error $error) {
        echo $error->getMessage(), "\n";
    }
});
?>
--EXPECTF--
Warning: Swoole\Coroutine::getExecuteTime(): time is not counted: set highper.time_accounting=1 in php.ini in %s on line 3
int(-1)
time is not counted: set highper.time_accounting=1 in php.ini, or the application's setting 'time_accounting'
