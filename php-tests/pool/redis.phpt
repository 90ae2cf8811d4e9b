--TEST--
One Redis object under 200 coroutines: each gets its own answers, transactions and pipelines are one coroutine's, so are another database and errors
--EXTENSIONS--
highper
redis
--INI--
highper.redis_pool=8
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$daemon = HighperTest\Daemon::redis();
$redis = new Redis();
$redis->connect($daemon->socket);
$redis->setOption(Redis::OPT_PREFIX, 'p:');
$redis->select(2);
$redis->set('outside', 'yes');

/** @return list<mixed> */
function each_of(int $count, callable $body): array
{
    $results = $ids = [];
    for ($i = 0; $i < $count; $i++) {
        $ids[] = go(static function () use ($body, $i, &$results) {
            $results[$i] = $body($i);
        });
    }
    Coroutine::join($ids);
    ksort($results);
    return $results;
}
$connections = static fn () => (int) $redis->info('clients')['connected_clients'];

run(static function () use ($redis, $connections) {
    $results = each_of(200, static function (int $i) use ($redis) {
        $redis->set("k{$i}", $i);
        $slow = $redis->eval("return ARGV[1] * 2", [$i], 0);
        return [(int) $redis->get("k{$i}"), $slow, $redis->get('outside')] === [$i, $i * 2, 'yes'];
    });
    check('each its own answers, with prefix and database', array_count_values(array_map(intval(...), $results)), [1 => 200]);
    check('few connections', $connections() <= 8 ?: $connections());

    $begun = microtime(true);
    $results = each_of(8, static fn (int $i) => $redis->blPop(["nothing{$i}"], 1));
    check('eight wait at the same time', microtime(true) - $begun < 1.9 && array_filter($results) === []);

    $results = each_of(50, static function (int $i) use ($redis) {
        $redis->watch("w{$i}");
        $redis->multi()->set("w{$i}", $i);
        usleep(random_int(0, 2000));
        $redis->incr("w{$i}");
        $same = $redis->get("w{$i}") === $redis;
        $got = $redis->exec();
        return $same && $got === [true, $i + 1, (string) ($i + 1)] && $redis->getMode() === Redis::ATOMIC;
    });
    check('transactions', array_count_values(array_map(intval(...), $results)), [1 => 50]);
    $results = each_of(50, static fn (int $i) => $redis->pipeline()->set("x{$i}", $i)->get("x{$i}")->exec() === [true, (string) $i]);
    check('pipelines', array_count_values(array_map(intval(...), $results)), [1 => 50]);

    $results = each_of(20, static function (int $i) use ($redis) {
        if ($i % 2) {
            $false = $redis->eval("return redis.error_reply('ERR mine {$i}')");
            usleep(2000);
            return [$false, $redis->getLastError()] === [false, "ERR mine {$i}"];
        }
        $redis->set("e{$i}", 1);
        return $redis->getLastError() === null;
    });
    check('errors', array_count_values(array_map(intval(...), $results)), [1 => 20]);

    $results = each_of(20, static function (int $i) use ($redis) {
        if ($i % 2) {
            $redis->select(3);
            $redis->setOption(Redis::OPT_PREFIX, 'q:');
        }
        usleep(2000);
        return [$redis->get('outside'), $redis->getOption(Redis::OPT_PREFIX), $redis->getDBNum()] === ($i % 2 ? [false, 'q:', 3] : ['yes', 'p:', 2]);
    });
    check('another database is the coroutine\'s own', array_count_values(array_map(intval(...), $results)), [1 => 20]);

    each_of(4, static function () use ($redis) {
        $redis->multi();
        $redis->set('left', 1);
        usleep(1000);
    });
    $results = each_of(8, static function () use ($redis) {
        $value = $redis->get('left');
        usleep(500);
        return [$value, $redis->getMode(), $redis->get('outside'), $redis->getOption(Redis::OPT_PREFIX)];
    });
    check('nothing is left of what a coroutine did not end', array_values(array_unique($results, SORT_REGULAR)), [[false, Redis::ATOMIC, 'yes', 'p:']]);

    $id = go(static function () use ($redis) {
        try {
            $redis->blPop(['never'], 10);
        } catch (RedisException) {
        }
    });
    usleep(10_000);
    Coroutine::cancel($id);
    Coroutine::join([$id]);
    $results = each_of(20, static fn (int $i) => $redis->echo("e{$i}") === "e{$i}");
    check('after one that was cancelled each gets its own answer', array_count_values(array_map(intval(...), $results)), [1 => 20]);
});
check('outside of coroutines', $redis->get('outside'), 'yes');
?>
--EXPECT--
ok: each its own answers, with prefix and database
ok: few connections
ok: eight wait at the same time
ok: transactions
ok: pipelines
ok: errors
ok: another database is the coroutine's own
ok: nothing is left of what a coroutine did not end
ok: after one that was cancelled each gets its own answer
ok: outside of coroutines
