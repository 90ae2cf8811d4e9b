--TEST--
Each coroutine has output buffers of its own; those around run() are not theirs
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
Co\run(function () {
    $got = [];
    foreach (['a', 'b'] as $name) {
        go(function () use ($name, &$got) {
            ob_start();
            echo "$name starts ";
            Co::sleep(0.002);
            ob_start(fn ($text) => strtoupper($text));
            echo "$name nested ";
            Co::sleep(0.002);
            ob_end_flush();
            echo "$name ends";
            $got[] = ob_get_clean();
        });
    }
    echo "unbuffered ", ob_get_level(), "\n";
    Co::sleep(0.02);
    print_r($got);
    go(function () { ob_start(); echo "flushed at the end\n"; Co::sleep(0.001); });
    go(function () { echo "level ", ob_get_level(), "\n"; });
});
ob_start();
Co\run(function () { echo "inside "; Co::sleep(0.001); echo "too"; });
$text = ob_get_clean();
echo "captured around run(): ", json_encode($text), "\n";
--EXPECT--
unbuffered 0
Array
(
    [0] => a starts A NESTED a ends
    [1] => b starts B NESTED b ends
)
level 0
flushed at the end
inside toocaptured around run(): ""
