<?php
// Waiting consumers and producers are served in the order of their coming.

use Swoole\Coroutine\Channel;

use function Swoole\Coroutine\run;

run(function () {
    $channel = new Channel(1);
    foreach (range(1, 4) as $i) {
        go(function () use ($channel, $i) {
            $value = $channel->pop();
            echo "consumer $i got $value\n";
        });
    }
    var_dump($channel->stats());
    foreach (range(1, 4) as $i) {
        $channel->push($i);
        echo "pushed $i\n";
    }
});
echo "--\n";
run(function () {
    $channel = new Channel(1);
    foreach (range(1, 4) as $i) {
        go(function () use ($channel, $i) {
            $channel->push($i);
            echo "producer $i is through\n";
        });
    }
    var_dump($channel->stats());
    foreach (range(1, 4) as $i) {
        echo 'popped ', $channel->pop(), "\n";
    }
});
