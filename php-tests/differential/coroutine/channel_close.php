<?php
// Closing wakes those who wait; what was pushed before may still be popped.

use Swoole\Coroutine;
use Swoole\Coroutine\Channel;

use function Swoole\Coroutine\run;

run(function () {
    $channel = new Channel(2);
    go(function () use ($channel) {
        var_dump($channel->pop(), $channel->errCode);
    });
    go(function () use ($channel) {
        var_dump($channel->pop(1), $channel->errCode);
    });
    Coroutine::sleep(0.001);
    var_dump($channel->close());
    Coroutine::sleep(0.001);
    var_dump($channel->close());
    var_dump($channel->push(1), $channel->errCode);

    $channel = new Channel(2);
    $channel->push('kept');
    $channel->push('too');
    $channel->close();
    var_dump($channel->length(), $channel->pop(), $channel->pop(), $channel->pop(), $channel->errCode);
});
