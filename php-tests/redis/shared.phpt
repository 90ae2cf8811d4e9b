--TEST--
Redis\Client: one connection for hundreds of coroutines, each with its own answers; blocking commands, subscriptions, time-outs and cancelling beside them
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, wait_until};
use Highper\{CancelledException, DeadlineException};
use Highper\Redis\{Client, Message, Pipeline};

$server = HighperTest\Daemon::redis();
scope(function () use ($server) {
    $url = "unix://{$server->socket}";
    $redis = new Client($url);
    $tasks = [];
    for ($i = 0; $i < 300; $i++) {
        $tasks[] = async(function () use ($redis, $i) {
            $wrong = 0;
            for ($n = 0; $n < 20; $n++) {
                $redis->set("k{$i}", $n);
                $wrong += $redis->get("k{$i}") !== (string) $n;
                $wrong += $redis->pipeline(fn (Pipeline $p) => $p->incr("k{$i}")->get("k{$i}")) !== [$n + 1, (string) ($n + 1)];
                $wrong += $redis->transaction(fn (Pipeline $p) => $p->incr("k{$i}")->get("k{$i}")) !== [$n + 2, (string) ($n + 2)];
                $wrong += $redis->lPop('none') !== null;
            }
            return $wrong;
        });
    }
    check('each has its own answers', array_sum(array_map(await(...), $tasks)), 0);
    check('by one connection', [$redis->stats()['made'], $redis->stats()['shared'], $redis->stats()['commands']], [1, 1, 300 * 20 * 7]);

    $waiting = async(fn () => $redis->blPop('queue', 0));
    wait_until(fn () => $redis->stats()['taken'] === 1, 'a coroutine waits at the server');
    check('who waits at the server holds up nobody', $redis->ping(), 'PONG');
    $redis->rPush('queue', 'job');
    check('what it waited for', [await($waiting), $redis->stats()['taken'], $redis->stats()['idle']], [['queue', 'job'], 0, 1]);

    $few = new Client("{$url}?pool.max=1&pool.wait=0.02");
    $waiting = async(fn () => $few->blPop('queue', 0));
    wait_until(fn () => $few->stats()['taken'] === 1, 'a coroutine waits at the server');
    try { $few->blPop('queue', 0); } catch (Highper\Redis\RedisException $e) { echo preg_replace(['~/\S+/~', '~\d+ has~', '~:\d+;~', '~within \S+ s~'], ['', 'N has', ':N;', 'within N s'], $e->getMessage()), "\n"; }
    check('others are not held up', $few->get('none'), null);
    $redis->rPush('queue', 'job');
    await($waiting);

    foreach (['BLPOP' => fn () => $redis->blPop('none', 0), 'a script' => fn () => $redis->eval('local n = 0 while n < 3e6 do n = n + 1 end return n')] as $what => $do) {
        try { scope($do, timeout: 0.01); echo "nothing\n"; } catch (DeadlineException $e) { echo "{$what}: ", $e::class, "\n"; }
        check('the others have their own answers still', [$redis->set('a', 1), $redis->get('a')], [true, '1']);
    }
    $slow = new Client("{$url}?timeout=0.01");
    $slow->ping();
    $server->signal(SIGSTOP);
    try { $slow->get('a'); } catch (Highper\Redis\RedisException $e) { echo $e->getMessage(), "\n"; }
    $server->signal(SIGCONT);
    check('a connection that was silent is not used any more', [$slow->get('a') ?? 1, $slow->stats()['made']], ['1', 2]);
    check('nobody keeps anything', [$redis->stats()['taken'], $slow->stats()['taken']], [0, 0]);

    // Published and heard.
    $news = $redis->subscribe('news', 'sport');
    check('who listens', $redis->command('PUBSUB NUMSUB', 'news', 'sport', 'other'), ['news' => 1, 'sport' => 1, 'other' => 0]);
    $all = $redis->psubscribe('ne*');
    check('told', [$redis->publish('news', 'one'), $redis->publish('sport', 'two'), $redis->publish('other', 'three')], [2, 1, 0]);
    check('heard', [get_object_vars($news->receive()), $news->receive()->payload, $news->receive(0.01), get_object_vars($all->receive(1))],
        [['channel' => 'news', 'payload' => 'one', 'pattern' => null], 'two', null, ['channel' => 'news', 'payload' => 'one', 'pattern' => 'ne*']]);
    $heard = async(function () use ($news) { $heard = []; foreach ($news as $n => $message) { $heard[$n] = "{$message->channel} {$message->payload}"; if ($message->payload === 'end') { $news->close(); } } return $heard; });
    $news->subscribe('more')->unsubscribe('sport');
    wait_until(fn () => $redis->command('PUBSUB NUMSUB', 'more', 'sport') === ['more' => 1, 'sport' => 0], 'the server knows');
    for ($i = 0; $i < 3; $i++) { $redis->publish('more', $i); $redis->publish('sport', $i); }
    $redis->publish('news', 'end');
    check('gone through', await($heard), ['more 0', 'more 1', 'more 2', 'news end']);
    check('also by the pattern', $all->receive(1)->payload, 'end');
    $listening = async(fn () => $all->receive());
    try { $all->receive(); } catch (Highper\Redis\RedisException $e) { echo $e->getMessage(), "\n"; }
    $all->close();
    check('closed while somebody listens', [await($listening), $all->receive()], [null, null]);
    unset($news, $all, $listening, $heard);
    wait_until(fn () => $redis->command('PUBSUB CHANNELS') === [] && $redis->command('PUBSUB NUMPAT') === 0, 'the connections are gone');
    $patterns = $redis->psubscribe('x');
    $patterns->punsubscribe('x');
    check('nothing is listened to any more', $patterns->receive(), null);

    $task = async(fn () => $redis->subscribe('quiet')->receive());
    wait_until(fn () => $redis->command('PUBSUB CHANNELS') === ['quiet'], 'it listens');
    $task->cancel();
    try { await($task); } catch (CancelledException) { echo "cancelled\n"; }
});
?>
--EXPECT--
ok: each has its own answers
ok: by one connection
ok: who waits at the server holds up nobody
ok: what it waited for
no connection to Redis at redis.sock: none of the 1 became free within N s; coroutine N has had one the longest, taken at shared.phpt.php:N; pool.max is how many wait or watch at the same time, pool.wait how long one waits for that
ok: others are not held up
BLPOP: Highper\DeadlineException
ok: the others have their own answers still
a script: Highper\DeadlineException
ok: the others have their own answers still
it took longer than it may (timeout)
ok: a connection that was silent is not used any more
ok: nobody keeps anything
ok: who listens
ok: told
ok: heard
ok: gone through
ok: also by the pattern
another coroutine reads this subscription already
ok: closed while somebody listens
ok: nothing is listened to any more
cancelled
