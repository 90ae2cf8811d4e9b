<?php
// Cancelling what waits: sleep, channel, yield; and what cannot be cancelled.

use Swoole\Coroutine;
use Swoole\Coroutine\Channel;

use function Swoole\Coroutine\run;

run(function () {
    $sleeper = go(function () {
        $start = microtime(true);
        var_dump(Coroutine::sleep(5), Coroutine::isCanceled(), microtime(true) - $start < 1);
        var_dump(swoole_last_error() === SWOOLE_ERROR_CO_CANCELED);
        Coroutine::sleep(0.001);
        var_dump(Coroutine::isCanceled());
    });
    var_dump(Coroutine::cancel($sleeper));

    $channel = new Channel(1);
    $popper = go(function () use ($channel) {
        var_dump($channel->pop(), $channel->errCode === SWOOLE_CHANNEL_CANCELED, Coroutine::isCanceled());
    });
    var_dump(Coroutine::cancel($popper));

    $yielder = go(function () {
        var_dump(Coroutine::yield(), Coroutine::isCanceled());
    });
    var_dump(Coroutine::cancel($yielder));

    var_dump(Coroutine::cancel(Coroutine::getCid()), swoole_last_error() === SWOOLE_ERROR_CO_CANNOT_CANCEL);
    var_dump(Coroutine::cancel(99999), swoole_last_error() === SWOOLE_ERROR_CO_NOT_EXISTS);
});
