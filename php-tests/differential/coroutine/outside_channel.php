<?php
// A channel cannot be waited on outside of any coroutine.

$channel = new Swoole\Coroutine\Channel(1);
echo "before\n";
try {
    var_dump($channel->pop(0.001));
} catch (Throwable $e) {
    echo get_class($e), ': ', $e->getMessage(), "\n";
}
echo "after\n";
