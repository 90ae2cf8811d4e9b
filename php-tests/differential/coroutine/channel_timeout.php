<?php
// Time-outs of push and pop, and what errCode says then.

use Swoole\Coroutine;
use Swoole\Coroutine\Channel;

use function Swoole\Coroutine\run;

run(function () {
    $channel = new Channel(1);
    $start = microtime(true);
    var_dump($channel->pop(0.02), $channel->errCode);
    var_dump(microtime(true) - $start >= 0.019);
    var_dump($channel->push('x'), $channel->errCode);
    var_dump($channel->push('y', 0.01), $channel->errCode);
    var_dump($channel->pop(0.001), $channel->errCode);
    go(function () use ($channel) {
        Coroutine::sleep(0.005);
        $channel->push('late');
    });
    var_dump($channel->pop(1), $channel->errCode);
    // A time-out of 0 or below waits without end.
    go(function () use ($channel) {
        Coroutine::sleep(0.005);
        $channel->push('awaited');
    });
    var_dump($channel->pop(0));
});
