--TEST--
Coroutine\Socket: one that was waited for before is waited for again without asking the kernel anew, and nothing that comes is missed
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\Socket;
use function HighperTest\{check, patience};

Co\run(function () {
    $pair = fn () => swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
    // Events of the loop are told while this one is away.
    $turn = fn () => Co::sleep(0.002);
    $limit = patience(5);

    [$a, $b] = $pair();
    $answers = 0;
    go(function () use ($b) { while (($what = $b->recv(65536, -1)) != '') { $b->send($what); } });
    for ($i = 0; $i < 1000; $i++) {
        $a->send("question {$i}");
        $answers += $a->recv(65536, $limit) === "question {$i}";
    }
    check('a thousand answers', $answers, 1000);

    // What comes while nobody waits.
    $found = [];
    foreach (['read short', 'waited in vain', 'read in part', 'cancelled'] as $before) {
        match ($before) {
            'read short' => [$a->send('x'), $a->recv(100, $limit)],
            'waited in vain' => $a->recv(100, 0.001),
            'read in part' => [$a->send('xy'), $a->recv(1, $limit), $a->recv(1, $limit)],
            'cancelled' => [$reader = go(fn () => $a->recv(100, -1)), $turn(), Co::cancel($reader), $turn()],
        };
        $a->send("after: {$before}");
        $turn();
        $turn();
        $found[] = $a->recv(100, $limit);
    }
    check('what came meanwhile is found', $found, ['after: read short', 'after: waited in vain', 'after: read in part', 'after: cancelled']);

    // Both directions by turns: each waits for the other.
    $sizes = [];
    for ($round = 0; $round < 3; $round++) {
        go(function () use ($a, $limit) { $a->sendAll(str_repeat('w', 4 << 20), $limit); });
        $turn();
        $sizes[] = strlen($a->recvAll(4 << 20, $limit));
        $a->send('r');
        $sizes[] = strlen($a->recv(10, $limit));
    }
    check('4 MB there and back, and a byte', $sizes, [4 << 20, 1, 4 << 20, 1, 4 << 20, 1]);

    // A number that is in use again belongs to another socket.
    $numbers = $texts = [];
    for ($round = 0; $round < 20; $round++) {
        [$c, $d] = $pair();
        $numbers[$c->fd] = true;
        go(function () use ($d, $round) { Co::sleep(0.001); $d->send("round {$round}"); });
        $texts[] = $c->recv(100, $limit);
        go(function () use ($d, $round) { Co::sleep(0.001); $d->send("once more {$round}"); });
        $texts[] = $c->recv(100, $limit);
        $c->close();
        $d->close();
    }
    check('the same numbers', count($numbers) < 20);
    check('each hears its own', count(array_unique($texts)), 40);

    // The end comes behind the last bytes, or while nobody waits.
    [$c, $d] = $pair();
    go(function () use ($d) { Co::sleep(0.001); $d->send('last'); $d->close(); });
    check('last words', [$c->recv(100, $limit), $c->recv(100, $limit)], ['last', '']);
    [$c, $d] = $pair();
    $d->send('first');
    $c->recv(100, $limit);
    $d->close();
    $turn();
    check('an end that nobody waited for', $c->recv(100, $limit), '');
    $b->close();
});
?>
--EXPECT--
ok: a thousand answers
ok: what came meanwhile is found
ok: 4 MB there and back, and a byte
ok: the same numbers
ok: each hears its own
ok: last words
ok: an end that nobody waited for
