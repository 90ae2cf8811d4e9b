--TEST--
Redis\Client: a cluster: keys where they belong, slots that move, pipelines and transactions, a primary that dies
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, free_port, temp_path, wait_until};
use Highper\Redis\{Client, Pipeline, RedisException};

$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . preg_replace('~127.0.0.1:\d+~', 'HOST', $e->getMessage()); } };
$servers = $nodes = [];
for ($i = 0; $i < 4; $i++) {
    $port = free_port();
    $servers[$i] = new HighperTest\Redis(['--cluster-enabled', 'yes', '--cluster-config-file', temp_path("nodes-{$i}.conf"), '--cluster-node-timeout', '300', '--cluster-port', (string) free_port(),
        '--cluster-replica-validity-factor', '0', '--cluster-require-full-coverage', 'no'], $port);
    $nodes[$i] = new Client($servers[$i]->url());
}
$ids = array_map(fn (Client $node) => $node->command('CLUSTER MYID'), $nodes);
foreach ([[0, 5460], [5461, 10922], [10923, 16383]] as $i => [$from, $to]) {
    $nodes[$i]->command('CLUSTER ADDSLOTSRANGE', $from, $to);
    $nodes[$i]->command('CLUSTER SET-CONFIG-EPOCH', $i + 1);
}
foreach ($nodes as $i => $node) {
    $bus = fn (int $i) => (int) $nodes[$i]->command('CONFIG GET', 'cluster-port')['cluster-port'];
    $i && $node->command('CLUSTER MEET', '127.0.0.1', $servers[0]->port, $bus(0));
}
$known = fn (int $count) => array_filter($nodes, fn (Client $node) => substr_count($node->command('CLUSTER NODES'), 'connected') === $count && ! str_contains($node->command('CLUSTER NODES'), 'handshake'));
wait_until(fn () => count($known(4)) === 4, 'all know each other', 20);
$nodes[3]->command('CLUSTER REPLICATE', $ids[0]);
wait_until(fn () => array_filter($nodes, fn ($node) => ! str_contains($node->command('CLUSTER INFO'), 'cluster_state:ok')) === [] && str_contains($nodes[3]->info('replication'), 'master_link_status:up'), 'the cluster works', 20);
$url = "redis+cluster://127.0.0.1:{$servers[1]->port},127.0.0.1:{$servers[2]->port}";

scope(function () use ($url, $nodes, $servers, $ids, $error) {
    $redis = new Client($url);
    for ($i = 0; $i < 60; $i++) {
        $redis->set("k{$i}", $i);
    }
    check('keys are where they belong', array_sum(array_map(fn ($n) => $nodes[$n]->dbSize(), [0, 1, 2])), 60);
    check('all servers have some', min(array_map(fn ($n) => $nodes[$n]->dbSize(), [0, 1, 2])) > 5);
    check('a pipeline over all', $redis->pipeline(fn (Pipeline $p) => array_map(fn ($i) => $p->get("k{$i}"), range(0, 59))), array_map(strval(...), range(0, 59)));
    check('a scan over all', count(array_unique(iterator_to_array($redis->scan('k*', 10)))), 60);
    check('on each', array_sum($redis->onEach('DBSIZE')), 60);
    check('a transaction', $redis->transaction(fn (Pipeline $tx) => $tx->set('{u}a', 1)->incr('{u}b'), watch: '{u}a'), [true, 1]);
    echo $error(fn () => $redis->transaction(fn (Pipeline $tx) => $tx->set('k1', 1)->set('k2', 1))), "\n";
    echo $error(fn () => $redis->mGet('k1', 'k2')), "\n";
    check('a script', $redis->eval('return redis.call("GET", KEYS[1])', ['k7']), '7');
    check('channels', [$sub = $redis->subscribe('news'), $redis->publish('news', 'hello'), $sub->receive(1)->payload][2], 'hello');
    check('replicas answer', (new Client("{$url}?reads=replica"))->get('k1') ?? '1', '1');

    // A slot moves to another server while it is used: ASK, TRYAGAIN, MOVED.
    $slot = $nodes[0]->command('CLUSTER KEYSLOT', 'k3');
    $from = $slot <= 5460 ? 0 : ($slot <= 10922 ? 1 : 2);
    $to = ($from + 1) % 3;
    $nodes[$to]->command('CLUSTER SETSLOT', $slot, 'IMPORTING', $ids[$from]);
    $nodes[$from]->command('CLUSTER SETSLOT', $slot, 'MIGRATING', $ids[$to]);
    check('not moved yet', $redis->get('k3'), '3');
    $nodes[$from]->migrate('127.0.0.1', $servers[$to]->port, 'k3', 0, 1000);
    check('asked where it is now', [$redis->get('k3'), $redis->pipeline(fn ($p) => $p->get('k3')->get('k4'))], ['3', ['3', '4']]);
    foreach ([$to, $from, 3 - $from - $to] as $n) { $nodes[$n]->command('CLUSTER SETSLOT', $slot, 'NODE', $ids[$to]); }
    check('moved', [$redis->get('k3'), $redis->set('k3', 'x'), $redis->transaction(fn ($tx) => $tx->get('k3')), $nodes[$to]->get('k3')], ['3', true, ['x'], 'x']);

    // The primary of the first slots dies; its replica becomes the primary.
    $key = 'a' . array_values(array_filter(range(0, 99), fn ($i) => $nodes[1]->command('CLUSTER KEYSLOT', "a{$i}") <= 5460))[0];
    $redis->set($key, 1);
    wait_until(fn () => $nodes[3]->command('CLUSTER COUNTKEYSINSLOT', $nodes[3]->command('CLUSTER KEYSLOT', $key)) === 1, 'the replica has it');
    $servers[0]->kill();
    $seen = [];
    $value = wait_until(function () use ($redis, $key, &$seen) { try { return $redis->incr($key); } catch (RedisException $e) { $seen[$e::class] = true; return null; } }, 'another server answers', 20);
    check('taken over', [$value > 1, array_diff(array_keys($seen), [Highper\Redis\ConnectionException::class, RedisException::class]), $redis->get('k1')], [true, [], '1']);
});
?>
--EXPECT--
ok: keys are where they belong
ok: all servers have some
ok: a pipeline over all
ok: a scan over all
ok: on each
ok: a transaction
Highper\Redis\RedisException SET can't be sent here: the keys of a transaction must be at one server; give them a common part in braces, as in {user:1}:name
Highper\Redis\RedisException CROSSSLOT Keys in request don't hash to the same slot
ok: a script
ok: channels
ok: replicas answer
ok: not moved yet
ok: asked where it is now
ok: moved
ok: taken over
