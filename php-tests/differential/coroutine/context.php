<?php
// A coroutine's context: an ArrayObject that lives as long as it.

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

var_dump(Coroutine::getContext());
run(function () {
    $context = Coroutine::getContext();
    var_dump(get_class($context), $context instanceof ArrayObject, $context === Coroutine::getContext());
    $context['key'] = 'array access';
    $context->property = 'property access';
    var_dump($context['key'], $context->property, count($context), isset($context['none']));
    $id = go(function () {
        Coroutine::getContext()['name'] = 'child';
        var_dump(isset(Coroutine::getContext()['key']));
        var_dump(Coroutine::getContext(Coroutine::getPcid())['key']);
        Coroutine::sleep(0.001);
    });
    var_dump(Coroutine::getContext($id)['name']);
    Coroutine::sleep(0.01);
    var_dump(Coroutine::getContext($id));
    var_dump(Coroutine::getContext(99999));
    Coroutine::getContext()['object'] = new class {
        public function __destruct() { echo "context destroyed\n"; }
    };
    echo "body ends\n";
});
