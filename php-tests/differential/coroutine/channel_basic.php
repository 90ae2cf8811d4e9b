<?php
// Capacity, order, length and state of a channel.

use Swoole\Coroutine\Channel;

use function Swoole\Coroutine\run;

run(function () {
    $channel = new Channel(3);
    var_dump($channel->capacity, $channel->errCode, $channel->isEmpty(), $channel->isFull(), $channel->length());
    foreach (['one', 2, null] as $value) {
        var_dump($channel->push($value));
    }
    var_dump($channel->isFull(), $channel->length(), $channel->stats());
    var_dump($channel->pop(), $channel->pop(), $channel->pop(), $channel->errCode);
    var_dump($channel->stats());
    // The capacity is at least one.
    var_dump((new Channel())->capacity, (new Channel(0))->capacity, (new Channel(-5))->capacity);
    var_dump($channel instanceof Swoole\Coroutine\Channel, class_exists('Chan'), class_exists('co\channel'));
    var_dump(SWOOLE_CHANNEL_OK, SWOOLE_CHANNEL_TIMEOUT, SWOOLE_CHANNEL_CLOSED, SWOOLE_CHANNEL_CANCELED);
});
