--TEST--
Redis\Client: commands, pipelines, transactions, watched keys and blocking commands of many coroutines that are cancelled anywhere: each answer is its own
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\check;
use Highper\CancelledException;
use Highper\Redis\{AbortedException, Client, Pipeline};

$server = HighperTest\Daemon::redis();
mt_srand(5);
scope(function () use ($server) {
    $redis = new Client("unix://{$server->socket}?pool.max=8&pool.wait=30");
    $big = str_repeat('x', 200_000);
    $wrong = $done = $cancelled = 0;
    $tasks = [];
    for ($n = 0; $n < 400; $n++) {
        $tasks[] = async(function () use ($redis, $n, $big, &$wrong, &$done) {
            for ($round = 0; $round < 5; $round++) {
                switch (($n + $round) % 5) {
                    case 0:
                        $wrong += $redis->eval('return ARGV[1]', [], ["{$n}"]) !== "{$n}";
                        break;
                    case 1:
                        $wrong += $redis->pipeline(fn (Pipeline $p) => $p->set("a{$n}", "{$n}")->get("a{$n}")->echo("{$n}")) !== [true, "{$n}", "{$n}"];
                        break;
                    case 2:
                        $wrong += $redis->transaction(fn (Pipeline $p) => $p->set("b{$n}", $big)->strLen("b{$n}")->echo("{$n}")) !== [true, 200_000, "{$n}"];
                        $wrong += $redis->get("b{$n}") !== $big;
                        break;
                    case 3:
                        $redis->rPush("l{$n}", "{$n}");
                        $wrong += $redis->blPop("l{$n}", 10) !== ["l{$n}", "{$n}"];
                        break;
                    case 4:
                        try { $wrong += $redis->transaction(fn (Pipeline $p) => $p->echo("{$n}"), watch: "c{$n}") !== ["{$n}"]; } catch (AbortedException) {}
                        break;
                }
            }
            $done++;
        });
    }
    foreach ($tasks as $n => $task) {
        if (mt_rand(0, 2) === 0) {
            usleep(mt_rand(0, 300));
            $task->cancel();
        }
    }
    foreach ($tasks as $task) {
        try { await($task); } catch (CancelledException) { $cancelled++; }
    }
    check('each answer was its own', [$wrong, $done + $cancelled], [0, 400]);
    check('some of each', [$done > 50, $cancelled > 10], [true, true]);
    check('and still is', [$redis->set('k', 1), $redis->get('k'), $redis->stats()['taken'], $redis->stats()['waiting']], [true, '1', 0, 0]);
});
?>
--EXPECT--
ok: each answer was its own
ok: some of each
ok: and still is
