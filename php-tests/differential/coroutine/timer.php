<?php
// after, tick and clear: order, arguments, return values.

use Swoole\Coroutine;
use Swoole\Timer;

use function Swoole\Coroutine\run;

run(function () {
    $order = [];
    Timer::after(20, function () use (&$order) { $order[] = '20'; });
    Timer::after(5, function (...$args) use (&$order) { $order[] = '5 ' . json_encode($args); }, 'x', 1);
    $never = Timer::after(10, function () use (&$order) { $order[] = 'never'; });
    var_dump(is_int($never), Timer::exists($never), Timer::clear($never), Timer::clear($never), Timer::exists($never));
    $count = 0;
    $tick = Timer::tick(4, function (int $id, string $word) use (&$count, &$tick, &$order) {
        $order[] = "$word " . ++$count . ($id === $tick ? '' : ' wrong id');
        if ($count === 2) {
            Timer::clear($id);
        }
    }, 'tick');
    Coroutine::sleep(0.04);
    echo implode("\n", $order), "\n";
    // The callbacks run in coroutines.
    $channel = new Coroutine\Channel(1);
    Timer::after(1, fn () => $channel->push(Coroutine::getCid() > 0));
    var_dump($channel->pop());
});
