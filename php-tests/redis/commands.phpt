--TEST--
Redis\Client: commands, options, replies of RESP3 and RESP2, pipelines, transactions, watched keys, scripts, streams, scans
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, temp_path};
use Highper\Redis\{AbortedException, Client, Pipeline, RedisException};

enum Suit: string { case Hearts = 'H'; }
$server = HighperTest\Daemon::redis();
$old = HighperTest\Redis::on('--rename-command', 'HELLO', '""');
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . $e->getMessage(); } };

/** What is the same by both protocols, inside of coroutines and outside. */
function all(Client $redis, string $what): void
{
    $redis->flushDb();
    check("{$what}: texts", [$redis->set('k', "a\r\n\0b"), $redis->get('k'), $redis->get('none'), $redis->append('k', '!'), $redis->strlen('k')], [true, "a\r\n\0b", null, 6, 6]);
    check("{$what}: options", [$redis->set('k', 'v', ex: 100, nx: true), $redis->set('k', 'v', get: true, xx: true, nx: false), $redis->ttl('k'), $redis->set('k', 'w', ['EX' => 50, 'XX']), $redis->ttl('k')], [null, "a\r\n\0b!", -1, true, 50]);
    check("{$what}: numbers", [$redis->set('n', 5), $redis->incrBy('n', 3), $redis->incrByFloat('n', 0.5), $redis->set('f', 1.1), $redis->get('f'), $redis->set('b', true), $redis->get('b'), $redis->set('s', Suit::Hearts), $redis->get('s')], [true, 8, '8.5', true, '1.1', true, '1', true, 'H']);
    check("{$what}: several", [$redis->mSet(['a' => 1, 'b' => 'two']), $redis->mGet('a', 'b', 'c'), $redis->mGet(['a', 'b']), $redis->del('a', ['b', 'c'])], [true, ['1', 'two', null], ['1', 'two'], 2]);
    check("{$what}: hashes", [$redis->hSet('h', ['name' => 'Ann', 'age' => 30]), $redis->hGetAll('h'), $redis->hGetAll('none'), $redis->hMGet('h', 'name', 'x'), $redis->hIncrBy('h', 'age', 1), $redis->hExists('h', 'x'), $redis->hSet('numbers', [5 => 'five', 7 => 'seven']), $redis->hGetAll('numbers')], [2, ['name' => 'Ann', 'age' => '30'], [], ['Ann', null], 31, 0, 2, [5 => 'five', 7 => 'seven']]);
    check("{$what}: lists", [$redis->rPush('l', 'a', 'b', ['c', 'd']), $redis->lRange('l', 0, -1), $redis->lPop('l'), $redis->lPop('l', 2), $redis->blPop('l', 1), $redis->lPop('l')], [4, ['a', 'b', 'c', 'd'], 'a', ['b', 'c'], ['l', 'd'], null]);
    check("{$what}: sets", [$redis->sAdd('x', 'a', 'b'), $redis->sAdd('y', ['b']), $redis->sInter('x', 'y'), $redis->sIsMember('x', 'a'), $redis->sMembers('y')], [2, 1, ['b'], 1, ['b']]);
    check("{$what}: scores", [$redis->zAdd('z', 1, 'a', 2.5, 'b'), $redis->zRange('z', 0, -1), $redis->zRange('z', 0, -1, withscores: true), $redis->zPopMin('z'), $redis->zRank('z', 'b'), $redis->zRange('z', 0, 9, 'WITHSCORES')], [2, ['a', 'b'], ['a' => 1.0, 'b' => 2.5], ['a' => 1.0], 0, ['b' => 2.5]]);
    check("{$what}: a stream", [$redis->xAdd('st', '1-1', ['a' => 1, 'b' => 2]), $redis->xAdd('st', '2-1', ['c' => 3]), $redis->xRange('st', '-', '+'), $redis->xRead('STREAMS', 'st', '1-1'), $redis->xLen('st')],
        ['1-1', '2-1', ['1-1' => ['a' => '1', 'b' => '2'], '2-1' => ['c' => '3']], ['st' => ['2-1' => ['c' => '3']]], 2]);
    check("{$what}: a group", [$redis->xGroup('CREATE', 'st', 'g', '0'), $redis->xReadGroup('GROUP', 'g', 'me', 'COUNT', 1, 'STREAMS', 'st', '>'), $redis->xAck('st', 'g', '1-1'), $redis->xReadGroup('GROUP', 'g', 'me', 'BLOCK', 10, 'STREAMS', 'st', '>'), $redis->xReadGroup('GROUP', 'g', 'me', 'BLOCK', 1, 'STREAMS', 'st', '>')],
        [true, ['st' => ['1-1' => ['a' => '1', 'b' => '2']]], 1, ['st' => ['2-1' => ['c' => '3']]], null]);
    check("{$what}: a pipeline", $redis->pipeline(function (Pipeline $p) { $p->set('p', 1)->incr('p')->get('none')->hGetAll('h'); $p->command('CLIENT', 'ID'); })[1], 2);
    $pipe = $redis->pipeline();
    $pipe->lPush('k', 1)->get('p');
    check("{$what}: errors in it", [count($pipe), ($result = $pipe->execute(throw: false))[0]->errorCode, $result[1], $pipe->execute()], [2, 'WRONGTYPE', '2', []]);
    check("{$what}: a transaction", $redis->transaction(fn (Pipeline $tx) => $tx->set('t', 1)->incr('t')->hGetAll('h')), [true, 2, ['name' => 'Ann', 'age' => '31']]);
    check("{$what}: watched", $redis->transaction(fn (Pipeline $tx) => $tx->set('t', $redis->get('t') * 10), watch: 't'), [true]);
    check("{$what}: a script", [$redis->eval('return {KEYS[1], ARGV[1], 3, false, {1, "x"}}', ['a'], ['b']), $redis->eval('return redis.call("GET", KEYS[1])', ['t'])], [['a', 'b', 3, null, [1, 'x']], '20']);
    check("{$what}: two words", [$redis->command('CONFIG GET', 'maxmemory'), $redis->config('GET', 'maxmemory'), str_contains($redis->info('server'), 'redis_version')], [['maxmemory' => '0'], ['maxmemory' => '0'], true]);
    $redis->pipeline(function ($p) { for ($i = 0; $i < 500; $i++) { $p->set("scan:{$i}", 1); } });
    $keys = iterator_to_array($redis->scan('scan:*', 50));
    check("{$what}: scanned", [count(array_unique($keys)), $redis->dbSize() > 500, iterator_to_array($redis->scan('none:*'))], [500, true, []]);
    $big = str_repeat('x', 5_000_000);
    check("{$what}: large", [$redis->set('big', $big), $redis->get('big') === $big, count($redis->pipeline(fn ($p) => array_map(fn () => $p->get('big'), range(1, 5)))), $redis->del('big')], [true, true, 5, 1]);
}

foreach (['RESP3' => "unix://{$server->socket}", 'RESP2' => $old->url()] as $protocol => $url) {
    all(new Client($url), "{$protocol}, alone");
    scope(fn () => all(new Client("{$url}?db=3&name=highper"), "{$protocol}, in a coroutine"));
}

scope(function () use ($server, $error) {
    $redis = new Client("unix://{$server->socket}");
    $redis->flushAll();
    foreach ([
        fn () => $redis->lPush('k', 1) && $redis->get('k'),
        fn () => $redis->unknownCommand(1),
        fn () => $redis->set('k'),
        fn () => $redis->set('k', null),
        fn () => $redis->set('k', [[1]]),
        fn () => $redis->set('k', new ArrayObject),
        fn () => $redis->select(2),
        fn () => $redis->multi(),
        fn () => $redis->command('SUBSCRIBE', 'a'),
        fn () => $redis->pipeline(fn ($p) => $p->blPop('k', 1)),
        fn () => $redis->pipeline(fn ($p) => $p->set('k', 1)->lPush('k', 1)->set('z', 1)),
        fn () => $redis->transaction(fn ($tx) => $tx->set('a', 1)->set('b')),
        fn () => $redis->transaction(fn ($tx) => $tx->execute()),
        fn () => $redis->transaction(fn ($tx) => throw new LogicException('mine')),
        fn () => $redis->eval('return redis.call("nothing")'),
        fn () => new Client('http://localhost'),
        fn () => new Client(['host' => 'localhost', 'colour' => 'red']),
        fn () => new Client(['mode' => 'sentinel']),
        fn () => new Client(['shards' => ['a' => ['weight' => 0]]]),
        fn () => clone $redis,
        fn () => $redis->subscribe(),
        fn () => iterator_to_array($redis->scan(count: 0)),
    ] as $do) {
        echo $error($do), "\n";
    }
    check('what came before an error in a pipeline, and after it, was done', $redis->get('z'), '1');
    check('nothing of a transaction whose body threw', $redis->exists('a'), 0);

    $rounds = 0;
    $result = $redis->transaction(function (Pipeline $tx) use ($redis, &$rounds) {
        $value = (int) $redis->get('count');
        if ($rounds++ < 2) {
            await(async(fn () => $redis->incr('count')));
        }
        $tx->set('count', $value + 10);
    }, watch: ['count'], attempts: 5);
    check('a watched key was changed twice', [$result, $rounds, $redis->get('count')], [[true], 3, '12']);
    try {
        $redis->transaction(fn (Pipeline $tx) => [$redis->incr('count'), $tx->set('count', 0)], watch: 'count', attempts: 2);
    } catch (AbortedException $e) {
        check('a watched key was changed each time', [$e->getMessage(), $e->errorCode, $redis->get('count')], ['a watched key was changed by others, at each of 2 attempts: nothing was done', 'EXECABORT', '14']);
    }
    check('a watched key, and nothing to do', [$redis->transaction(fn () => null, watch: 'count'), $error(fn () => $redis->transaction(fn () => throw new LogicException('mine'), watch: 'count'))], [[], 'LogicException mine']);
    $redis->set('sum', 0);
    $tasks = [];
    for ($i = 0; $i < 20; $i++) {
        $tasks[] = async(fn () => $redis->transaction(fn (Pipeline $tx) => $tx->set('sum', $redis->get('sum') + 1), watch: 'sum', attempts: 100));
    }
    foreach ($tasks as $task) { await($task); }
    check('twenty that watch the same key', [$redis->get('sum'), $redis->stats()['taken'], $redis->stats()['idle'] <= 16], ['20', 0, true]);
});
?>
--EXPECT--
ok: RESP3, alone: texts
ok: RESP3, alone: options
ok: RESP3, alone: numbers
ok: RESP3, alone: several
ok: RESP3, alone: hashes
ok: RESP3, alone: lists
ok: RESP3, alone: sets
ok: RESP3, alone: scores
ok: RESP3, alone: a stream
ok: RESP3, alone: a group
ok: RESP3, alone: a pipeline
ok: RESP3, alone: errors in it
ok: RESP3, alone: a transaction
ok: RESP3, alone: watched
ok: RESP3, alone: a script
ok: RESP3, alone: two words
ok: RESP3, alone: scanned
ok: RESP3, alone: large
ok: RESP3, in a coroutine: texts
ok: RESP3, in a coroutine: options
ok: RESP3, in a coroutine: numbers
ok: RESP3, in a coroutine: several
ok: RESP3, in a coroutine: hashes
ok: RESP3, in a coroutine: lists
ok: RESP3, in a coroutine: sets
ok: RESP3, in a coroutine: scores
ok: RESP3, in a coroutine: a stream
ok: RESP3, in a coroutine: a group
ok: RESP3, in a coroutine: a pipeline
ok: RESP3, in a coroutine: errors in it
ok: RESP3, in a coroutine: a transaction
ok: RESP3, in a coroutine: watched
ok: RESP3, in a coroutine: a script
ok: RESP3, in a coroutine: two words
ok: RESP3, in a coroutine: scanned
ok: RESP3, in a coroutine: large
ok: RESP2, alone: texts
ok: RESP2, alone: options
ok: RESP2, alone: numbers
ok: RESP2, alone: several
ok: RESP2, alone: hashes
ok: RESP2, alone: lists
ok: RESP2, alone: sets
ok: RESP2, alone: scores
ok: RESP2, alone: a stream
ok: RESP2, alone: a group
ok: RESP2, alone: a pipeline
ok: RESP2, alone: errors in it
ok: RESP2, alone: a transaction
ok: RESP2, alone: watched
ok: RESP2, alone: a script
ok: RESP2, alone: two words
ok: RESP2, alone: scanned
ok: RESP2, alone: large
ok: RESP2, in a coroutine: texts
ok: RESP2, in a coroutine: options
ok: RESP2, in a coroutine: numbers
ok: RESP2, in a coroutine: several
ok: RESP2, in a coroutine: hashes
ok: RESP2, in a coroutine: lists
ok: RESP2, in a coroutine: sets
ok: RESP2, in a coroutine: scores
ok: RESP2, in a coroutine: a stream
ok: RESP2, in a coroutine: a group
ok: RESP2, in a coroutine: a pipeline
ok: RESP2, in a coroutine: errors in it
ok: RESP2, in a coroutine: a transaction
ok: RESP2, in a coroutine: watched
ok: RESP2, in a coroutine: a script
ok: RESP2, in a coroutine: two words
ok: RESP2, in a coroutine: scanned
ok: RESP2, in a coroutine: large
Highper\Redis\RedisException WRONGTYPE Operation against a key holding the wrong kind of value
Highper\Redis\RedisException ERR unknown command 'UNKNOWNCOMMAND', with args beginning with: '1' 
Highper\Redis\RedisException ERR wrong number of arguments for 'set' command
Highper\Redis\RedisException argument 2 of SET is null, and Redis knows texts and numbers only
Highper\Redis\RedisException argument 2 of SET is array, and Redis knows texts and numbers only: encode it, for example as JSON
Highper\Redis\RedisException argument 2 of SET is an object of ArrayObject, and Redis knows texts and numbers only: encode it, for example as JSON
Highper\Redis\RedisException SELECT can't be sent here: coroutines share connections: the database belongs into the configuration, as in redis://host/2
Highper\Redis\RedisException MULTI can't be sent here: coroutines share connections: use transaction(), with watch: for keys that must not change
Highper\Redis\RedisException SUBSCRIBE can't be sent here: use subscribe(), which has a connection of its own
Highper\Redis\RedisException BLPOP can't be sent here: it may wait at the server, and a pipeline waits for none: run it by itself
Highper\Redis\RedisException WRONGTYPE Operation against a key holding the wrong kind of value (of LPUSH; the others were done)
Highper\Redis\RedisException ERR wrong number of arguments for 'set' command
Highper\Redis\RedisException the commands of a transaction are sent when its body returns: don't call execute()
LogicException mine
Highper\Redis\RedisException ERR Unknown Redis command called from script script: 8c2831e59b39ddf4fe106866a1a4ac246de2c298, on @user_script:1.
Highper\Redis\RedisException there is no scheme 'http'; there are redis, rediss and unix, and redis+cluster, redis+sentinel, redis+replicas
Highper\Redis\RedisException there is no setting 'colour'; there are url, host, port, socket, nodes, mode, master, shards, user, password, sentinel_user, sentinel_password, database, name, ssl, ca, reads, connect_timeout, timeout, failover, and pool with max, min, wait, queue, idle, lifetime, check
Highper\Redis\RedisException mode sentinel needs the name of the primary: 'master' => 'mymaster', or redis+sentinel://host/mymaster
Highper\Redis\RedisException the weight of a shard must be from 1 to 100
Error Trying to clone an uncloneable object of class Highper\Redis\Client
Highper\Redis\RedisException subscribe() needs a channel or a pattern
ValueError Highper\Redis\Client::scan(): Argument #2 ($count) must be 1 or more
ok: what came before an error in a pipeline, and after it, was done
ok: nothing of a transaction whose body threw
ok: a watched key was changed twice
ok: a watched key was changed each time
ok: a watched key, and nothing to do
ok: twenty that watch the same key
