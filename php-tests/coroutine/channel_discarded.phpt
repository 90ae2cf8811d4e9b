--TEST--
A channel that is destroyed under coroutines which nobody wakes any more says so in the log
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine\{Channel, Scheduler};

$scheduler = new Scheduler();
$scheduler->set(['enable_deadlock_check' => false]);
$scheduler->add(function () {
    $channel = new Channel(1);
    $channel->push(1);
    go(function () use ($channel) { $channel->push(2); });
    $channel->push(3);
});
$scheduler->add(function () {
    (new Channel(1))->pop();
});
$scheduler->start();
echo "over\n";
?>
--EXPECTF--
over
[20%d-%d-%d %d:%d:%d %c%d.0]	WARNING	Channel::~Channel() (ERRNO 10003): channel is destroyed, 1 consumers will be discarded
[20%d-%d-%d %d:%d:%d %c%d.0]	WARNING	Channel::~Channel() (ERRNO 10003): channel is destroyed, 2 producers will be discarded
