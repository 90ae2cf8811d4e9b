--TEST--
Redis\Client: a primary with replicas, and sentinels: reads, failover, recovery; servers that share the keys
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, wait_until};
use Highper\Redis\{Client, Pipeline, RedisException};
use HighperTest\Redis;

$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . preg_replace(['~127.0.0.1:\d+~', '~HOST(,HOST)+~', '~ \(os error \d+\)~'], ['HOST', 'HOST', ''], $e->getMessage()); } };
$servers = [$first = Redis::on(), Redis::on(), Redis::on()];
$direct = array_map(fn (Redis $server) => new Client($server->url()), $servers);
foreach ([1, 2] as $i) { $direct[$i]->replicaOf('127.0.0.1', $first->port); }
wait_until(fn () => ! array_filter([1, 2], fn ($i) => ! str_contains($direct[$i]->info('replication'), 'master_link_status:up')), 'replicas follow', 10);
$hosts = implode(',', array_map(fn (Redis $server) => "127.0.0.1:{$server->port}", $servers));
$sentinel = Redis::sentinel("sentinel monitor notes 127.0.0.1 {$first->port} 1\nsentinel down-after-milliseconds notes 200\nsentinel failover-timeout notes 2000\n");
$asked = new Client("redis://127.0.0.1:{$sentinel->port}");
wait_until(fn () => count($asked->command('SENTINEL replicas', 'notes')) === 2, 'the sentinel knows the replicas', 15);

scope(function () use ($servers, $direct, $hosts, $sentinel, $error) {
    $group = new Client("redis+replicas://{$hosts}");
    $reading = new Client("redis+replicas://{$hosts}?reads=replica");
    check('writes go to the primary', [$group->set('k', 1), $direct[0]->get('k'), $group->get('k')], [true, '1', '1']);
    wait_until(fn () => $direct[1]->get('k') === '1' && $direct[2]->get('k') === '1', 'the replicas have it');
    $before = array_map(fn (int $i) => (int) preg_replace('~.*cmdstat_get:calls=(\d+).*~s', '$1', $direct[$i]->info('commandstats')), [0, 1, 2]);
    for ($i = 0; $i < 10; $i++) { $reading->get('k'); }
    $after = array_map(fn (int $i) => (int) preg_replace('~.*cmdstat_get:calls=(\d+).*~s', '$1', $direct[$i]->info('commandstats')), [0, 1, 2]);
    check('replicas answer, in turn', array_map(fn ($a, $b) => $a - $b, $after, $before), [0, 5, 5]);
    check('also in transactions', $reading->transaction(fn (Pipeline $tx) => $tx->incr('n')->get('n')), [1, '1']);

    $watched = new Client("redis+sentinel://127.0.0.1:1,127.0.0.1:{$sentinel->port}/notes?failover=20");
    check('by the sentinel', [$watched->get('k'), $watched->set('k', 2)], ['1', true]);
    echo $error(fn () => (new Client("redis+sentinel://127.0.0.1:{$sentinel->port}/other?failover=0.01"))->ping()), "\n";
    echo $error(fn () => (new Client('redis+replicas://127.0.0.1:1?failover=0.01'))->ping()), "\n";

    // The primary dies: one of the others takes over, and the clients find it.
    $servers[0]->kill();
    $tries = fn (Client $redis) => wait_until(function () use ($redis) { try { return $redis->incr('failover'); } catch (RedisException) { return null; } }, 'another primary answers', 30);
    check('taken over', [$tries($watched), $tries($group)], [1, 2]);
    $primary = str_contains($direct[1]->info('replication'), 'role:master') ? 1 : 2;
    check('by a replica', $direct[$primary]->get('failover'), '2');
});

scope(function () use ($error) {
    $servers = ['one' => Redis::on(), 'two' => Redis::on(), 'three' => Redis::on()];
    $redis = new Client(['shards' => array_map(fn (Redis $server) => $server->url(), $servers)]);
    for ($i = 0; $i < 300; $i++) { $redis->set("k{$i}", $i); }
    $sizes = array_map(fn (Client $shard) => $shard->dbSize(), $redis->shards());
    check('each has some of the keys', [array_keys($sizes), array_sum($sizes), min($sizes) > 50], [['one', 'two', 'three'], 300, true]);
    check('found again', [$redis->get('k7'), $redis->pipeline(fn (Pipeline $p) => array_map(fn ($i) => $p->get("k{$i}"), range(0, 9)))], ['7', array_map(strval(...), range(0, 9))]);
    check('together', [$redis->mSet(['{u}a' => 1, '{u}b' => 2]), $redis->mGet('{u}a', '{u}b'), $redis->transaction(fn ($tx) => $tx->incr('{u}a')->get('{u}b'), watch: ['{u}a'])], [true, ['1', '2'], [2, '2']]);
    check('all of them', [count(array_unique(iterator_to_array($redis->scan('k*')))), $redis->onEach('PING')], [300, ['PONG', 'PONG', 'PONG']]);
    $sub = $redis->subscribe('news');
    check('a channel', [$redis->publish('news', 'hello'), $sub->receive(1)->payload], [1, 'hello']);
    foreach ([fn () => $redis->mGet('k1', 'k2', 'k3', 'k4', 'k5'), fn () => $redis->ping(), fn () => $redis->transaction(fn ($tx) => $tx->set('k1', 1)->set('k2', 1)->set('k3', 1)->set('k4', 1))] as $do) { echo $error($do), "\n"; }
    $servers['two']->kill();
    $lost = count(array_filter(range(0, 299), fn ($i) => str_contains($error(fn () => $redis->get("k{$i}")), 'ConnectionException')));
    check('what is elsewhere is there still', $lost, $sizes['two']);
});
?>
--EXPECT--
ok: writes go to the primary
ok: replicas answer, in turn
ok: also in transactions
ok: by the sentinel
Highper\Redis\ConnectionException no primary of redis+sentinel://HOST/other was found: the sentinel at HOST knows of no primary 'other'
Highper\Redis\ConnectionException no primary of redis+replicas://HOST/0 was found: cannot connect to Redis at HOST: Connection refused
ok: taken over
ok: by a replica
ok: each has some of the keys
ok: found again
ok: together
ok: all of them
ok: a channel
Highper\Redis\RedisException MGET can't be sent here: its keys belong to different servers; give them a common part in braces, as in {user:1}:name
Highper\Redis\RedisException PING can't be sent here: it has no key that says which of the servers it is for: use shards() and run it on each
Highper\Redis\RedisException SET can't be sent here: the keys of a transaction must be at one server; give them a common part in braces, as in {user:1}:name
ok: what is elsewhere is there still
