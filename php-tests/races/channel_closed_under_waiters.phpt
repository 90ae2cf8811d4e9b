--TEST--
A channel is closed under waiting producers and consumers, by one of them, from a destructor, in the middle of waking: each is told, none twice, nothing leaks
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine as Co;
use Swoole\Coroutine\Channel;
use function HighperTest\check;

/** Counts those that are alive. */
final class Item
{
    public static int $alive = 0;
    public function __construct() { self::$alive++; }
    public function __destruct() { self::$alive--; }
}
final class Closer
{
    public function __construct(private Channel $channel) {}
    public function __destruct() { $this->channel->close(); }
}

Co\run(function () {
    $told = [];
    $ended = function (Channel $channel, mixed $result, string $who) use (&$told) { $told[] = [$who, $result, $channel->errCode]; };
    $closed = SWOOLE_CHANNEL_CLOSED;

    $channel = new Channel(1);
    $channel->push(new Item());
    for ($i = 0; $i < 1000; $i++) {
        go(function () use ($channel, $ended) { $ended($channel, $channel->push(new Item()), 'producer'); });
    }
    check('a thousand producers', [Item::$alive, $channel->stats()['producer_num']], [1001, 1000]);
    $channel->close();
    check('each is told', [count($told), array_unique($told, SORT_REGULAR)], [1000, [['producer', false, $closed]]]);
    check('only what was in it is left', Item::$alive, 1);
    check('and comes out', [$channel->pop() instanceof Item, $channel->pop(), $channel->errCode], [true, false, $closed]);
    check('nothing is left', Item::$alive, 0);

    $told = [];
    $channel = new Channel(1);
    for ($i = 0; $i < 1000; $i++) {
        go(function () use ($channel, $ended) { $ended($channel, $channel->pop(), 'consumer'); });
    }
    // The first that is woken closes it under the rest, and pushes and pops on top of that.
    go(function () use ($channel, &$again) {
        $again = [$channel->close(), $channel->close(), $channel->push(1), $channel->pop()];
    });
    check('each consumer is told', [count($told), array_unique($told, SORT_REGULAR), $again], [1000, [['consumer', false, $closed]], [true, false, false, false]]);

    $told = [];
    $channel = new Channel(1);
    for ($i = 0; $i < 10; $i++) {
        go(function () use ($channel, $ended, $i) {
            $result = $channel->pop();
            if ($i === 0) { $channel->close(); }
            $ended($channel, $result, "consumer $i");
        });
    }
    $channel->push('one');
    check('the first got it, and closed', array_slice($told, -1), [['consumer 0', 'one', $closed]]);
    check('the others are told', count(array_filter($told, fn ($one) => $one[1] === false)), 9);

    $told = [];
    $channel = new Channel(1);
    go(function () use ($channel, $ended) { $ended($channel, $channel->pop(5), 'consumer'); });
    go(function () use ($channel, $ended) { $ended($channel, $channel->pop(0.01), 'in time'); });
    $closer = new Closer($channel);
    unset($closer);
    check('from a destructor', $told, [['consumer', false, $closed], ['in time', false, $closed]]);
    Co::sleep(0.02);
    check('none is told twice', count($told), 2);

    // Closed and cancelled in the same moment.
    $told = [];
    $channel = new Channel(1);
    $id = go(function () use ($channel, $ended) { $ended($channel, $channel->pop(), 'both'); });
    go(function () use ($channel, $id) { Co::cancel($id); $channel->close(); });
    check('cancelled first', $told, [['both', false, SWOOLE_CHANNEL_CANCELED]]);
});
check('all is gone', [Item::$alive, gc_collect_cycles() >= 0], [0, true]);
?>
--EXPECT--
ok: a thousand producers
ok: each is told
ok: only what was in it is left
ok: and comes out
ok: nothing is left
ok: each consumer is told
ok: the first got it, and closed
ok: the others are told
ok: from a destructor
ok: none is told twice
ok: cancelled first
ok: all is gone
