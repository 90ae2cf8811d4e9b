--TEST--
phpredis in coroutines: answers, pipelines, subscriptions, a cluster, waits at once, time-outs
--EXTENSIONS--
highper
redis
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Daemon, Proof, Services};

$daemon = Daemon::redis();
$connect = static function () use ($daemon): Redis {
    $redis = new Redis();
    $redis->connect($daemon->socket);
    return $redis;
};
// A list that stays empty holds a client up.
$wait = static fn (Redis $redis, float $seconds = 0.1) => $redis->rawCommand('BLPOP', 'empty', (string) $seconds);
Proof::interleaved('commands', $connect, static function (Redis $redis, int $i) use ($wait) {
    $redis->set("key{$i}", str_repeat("{$i} ", 50_000));
    $wait($redis);
    return $redis->get("key{$i}") === str_repeat("{$i} ", 50_000) ? $i : 'another';
});
Proof::interleaved('pipelines and transactions', $connect, static function (Redis $redis, int $i) use ($wait) {
    $redis->pipeline()->set("a{$i}", $i)->exec();
    $wait($redis);
    return (int) $redis->multi()->incr("a{$i}")->decr("a{$i}")->get("a{$i}")->exec()[2];
});
Proof::interleaved('subscriptions', $connect, static function (Redis $redis, int $i) use ($connect) {
    go(static function () use ($connect, $i) { usleep(100_000); $connect()->publish("channel{$i}", (string) $i); });
    $got = null;
    try { $redis->subscribe(["channel{$i}"], static function ($redis, $channel, $message) use (&$got) { $got = (int) $message; $redis->close(); }); } catch (RedisException) { }
    return $got;
});
$cluster = Services::redisCluster();
Proof::interleaved('a cluster', static fn () => new RedisCluster(null, [$cluster->socket], 2, 2), static function (RedisCluster $redis, int $i) {
    $redis->set("key{$i}", $i);
    $redis->blPop(["{empty}{$i}"], 1);
    return (int) $redis->get("key{$i}");
}, 1);
Proof::atOnce('phpredis', $connect, static fn (Redis $redis) => $wait($redis));
Proof::timesOut('the read time-out', static function (string $host, int $port) {
    $redis = new Redis();
    $redis->connect($host, $port, 1, null, 0, 1);
    try { $redis->get('x'); } catch (RedisException $e) { return str_contains($e->getMessage(), 'read error') ?: $e->getMessage(); }
});
?>
--EXPECT--
ok: commands: each its own answer
ok: commands: at the same time
ok: pipelines and transactions: each its own answer
ok: pipelines and transactions: at the same time
ok: subscriptions: each its own answer
ok: subscriptions: at the same time
ok: a cluster: each its own answer
ok: a cluster: at the same time
ok: phpredis: 200 without a mistake
ok: phpredis: 200 × 0.1 s at once
ok: the read time-out: gives up
ok: the read time-out: in time
ok: the read time-out: others run meanwhile
