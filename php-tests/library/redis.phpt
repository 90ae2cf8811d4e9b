--TEST--
RedisPool: connections with their settings
--EXTENSIONS--
highper
redis
--CONFLICTS--
all
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};
use Swoole\Database\{RedisConfig, RedisPool};

$daemon = HighperTest\Daemon::redis();
run(static function () use ($daemon) {
    $config = (new RedisConfig())->withHost($daemon->socket)->withPort(-1)->withDbIndex(2)->withReadTimeout(1.5)
        ->withOption(Redis::OPT_PREFIX, 'p:');
    $pool = new RedisPool($config, 2);
    $redis = $pool->get();
    $redis->set('k', 'v');
    check('its settings', [$redis->getDBNum(), $redis->getReadTimeout(), $redis->getOption(Redis::OPT_PREFIX), $redis->get('k')], [2, 1.5, 'p:', 'v']);
    go(static function () use ($pool) { $other = $pool->get(); usleep(5_000); $other->rPush('list', 'item'); $pool->put($other); });
    check('two at the same time', $redis->blPop(['list'], 5), ['p:list', 'item']);
    $pool->put($redis);
    $pool->close();
    try { (new RedisPool((new RedisConfig())->withAuth('wrong')->withHost($daemon->socket)->withPort(-1)))->get(); } catch (RedisException $e) { echo get_class($e), "\n"; }
});
?>
--EXPECT--
ok: its settings
ok: two at the same time
RedisException
