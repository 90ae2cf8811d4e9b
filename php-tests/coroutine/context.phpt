--TEST--
A context belongs to its coroutine, can be seen from others, and goes with it
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
class Loud { function __destruct() { echo "gone\n"; } }
Co\run(function () {
    $id = go(function () {
        $context = Co::getContext();
        $context['loud'] = new Loud;
        $context['text'] = 'x';
        var_dump($context === Co::getContext(), get_class($context));
        Co::yield();
        echo json_encode($context['from outside']), "\n";
    });
    $seen = Co::getContext($id);
    var_dump(isset($seen['loud']), $seen['text'], isset(Co::getContext()['loud']));
    $seen['from outside'] = 1;
    unset($seen);
    Co::resume($id);
    var_dump(Co::getContext($id));
});
var_dump(Co::getContext());
--EXPECT--
bool(true)
string(24) "Swoole\Coroutine\Context"
bool(true)
string(1) "x"
bool(false)
1
gone
NULL
NULL
