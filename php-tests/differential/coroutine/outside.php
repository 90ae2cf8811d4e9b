<?php
// What coroutine calls do outside of any coroutine.

use Swoole\Coroutine;

foreach ([
    'resume' => fn () => Coroutine::resume(5),
    'cancel' => fn () => Coroutine::cancel(5),
    'exists' => fn () => Coroutine::exists(5),
    'stats' => fn () => Coroutine::stats()['coroutine_num'],
    'list' => fn () => iterator_to_array(Coroutine::list()),
    'create' => fn () => Coroutine::create(fn () => print("in coroutine " . Coroutine::getCid() . "\n")),
    'length' => fn () => (new Coroutine\Channel(1))->length(),
] as $name => $call) {
    echo "$name: ";
    try {
        var_dump($call());
    } catch (Throwable $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
}
// What was created outside of run() goes on at the end of the script.
go(function () {
    Coroutine::sleep(0.002);
    echo "after the end of the script\n";
});
echo "end\n";
