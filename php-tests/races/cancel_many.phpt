--TEST--
A hundred thousand coroutines are cancelled at once, in each kind of wait
--EXTENSIONS--
highper
--CONFLICTS--
all
--FILE--
<?php
use Swoole\Coroutine as Co;
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, patience};

const MANY = 100_000;
Co::set(['max_coroutine' => MANY + 10, 'c_stack_size' => '64K']);
Co\run(function () {
    $channel = new Co\Channel(1);
    $full = new Co\Channel(1);
    $full->push('full');
    $lock = new Co\Lock;
    $lock->lock();
    $ended = array_fill(0, 5, 0);
    $kinds = [
        static fn () => Co::sleep(600),
        static fn () => $channel->pop(),
        static fn () => $full->push('more'),
        static fn () => Co::yield(),
        static fn () => $lock->lock(),
    ];
    $ids = [];
    for ($i = 0; $i < MANY; $i++) {
        $ids[] = go(static function () use ($kinds, $i, &$ended) {
            $kind = $i % 5;
            if ($kinds[$kind]() === false) { $ended[$kind]++; }
        });
    }
    check('all of them wait', Co::stats()['coroutine_num'], MANY + 1);
    // From the middle outwards: the worst order for whoever keeps a line of them.
    usort($ids, static fn ($a, $b) => abs($a - MANY / 2) <=> abs($b - MANY / 2));
    $start = hrtime(true);
    $cancelled = 0;
    foreach ($ids as $id) { $cancelled += (int) Co::cancel($id); }
    $seconds = (hrtime(true) - $start) / 1e9;
    check('each was cancelled', $cancelled, MANY);
    check('each saw it', $ended, array_fill(0, 5, MANY / 5));
    check('they are gone', Co::stats()['coroutine_num'], 1);
    check('it took no more than it has to', $seconds < patience(8), true);
    check('the channels are as before', [$channel->stats(), $full->stats()], [
        ['consumer_num' => 0, 'producer_num' => 0, 'queue_num' => 0],
        ['consumer_num' => 0, 'producer_num' => 0, 'queue_num' => 1],
    ]);
});
?>
--EXPECT--
ok: all of them wait
ok: each was cancelled
ok: each saw it
ok: they are gone
ok: it took no more than it has to
ok: the channels are as before
