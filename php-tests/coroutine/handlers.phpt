--TEST--
Error handlers and the error level belong to the coroutine, and are inherited
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
set_error_handler(function ($no, $text) { echo "outer: $text\n"; return true; });
Co\run(function () {
    foreach (['a', 'b'] as $name) {
        go(function () use ($name) {
            trigger_error("$name inherits");
            set_error_handler(function ($no, $text) use ($name) { echo "$name: $text\n"; return true; });
            Co::sleep(0.05);
            trigger_error("$name own");
            $old = error_reporting(0);
            Co::sleep(0.05);
            trigger_error("$name silenced but handled");
            error_reporting($old);
            restore_error_handler();
            Co::sleep(0.05);
            trigger_error("$name restored");
        });
    }
    Co::sleep(0.075);
    echo json_encode(error_reporting() === E_ALL), "\n";
    trigger_error('main');
    @Co::sleep(0.25);
    go(function () { @slow(); });
    echo json_encode(error_reporting() === E_ALL), "\n";
});
function slow() { Co::sleep(0.025); trigger_error('still silenced: ' . json_encode(error_reporting() !== E_ALL)); }
trigger_error('after');
--EXPECT--
outer: a inherits
outer: b inherits
a: a own
b: b own
true
outer: main
a: a silenced but handled
b: b silenced but handled
outer: a restored
outer: b restored
true
outer: still silenced: true
outer: after
