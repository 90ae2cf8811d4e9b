<?php
// Co::set() and getOptions().

use Swoole\Coroutine;

var_dump(Coroutine::getOptions());
Coroutine::set(['max_coroutine' => 1234, 'log_level' => SWOOLE_LOG_WARNING]);
var_dump(Coroutine::getOptions());
Coroutine::set(['max_coroutine' => 10]);
Co\run(function () {
    $made = 0;
    for ($i = 0; $i < 12; $i++) {
        if (@go(fn () => Coroutine::sleep(0.001)) === false) {
            break;
        }
        $made++;
    }
    echo "$made beside this one\n";
    var_dump(Coroutine::stats()['coroutine_num']);
});
