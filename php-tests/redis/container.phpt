--TEST--
Redis\Client: from config/redis.php and REDIS_URL into an application, with its metrics; refused at the start where it is not configured
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{Redis, Server};

$redis = Redis::on();
mkdir(temp_path('config'));
file_put_contents(temp_path('config/redis.php'), "<?php return ['url' => '{$redis->url()}', 'cache' => ['host' => '127.0.0.1', 'port' => {$redis->port}, 'database' => 2, 'pool' => ['max' => 2]]];");
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Attribute\Inject;
    use Highper\Redis\Client;
    final readonly class Counter {
        public function __construct(private Client $redis, #[Inject('redis.cache')] private Client $cache) {}
        public function visit(string $who): array { return [$this->redis->incr("visits:{$who}"), $this->cache->incrBy("visits:{$who}", 2)]; }
    }
    exit(Application::create($argv[2])->metrics('/metrics')
        ->get('/visits/{who}', fn (string $who, Counter $counter): array => $counter->visit($who))
        ->run([$argv[0], '--workers', '1']));
    PHP, [temp_path('')]);
check('two of them', [$server->get('/visits/ann')->json(), $server->get('/visits/ann')->json()], [[1, 2], [2, 4]]);
$lines = array_values(preg_grep('~^highper_redis~', explode("\n", $server->get('/metrics')->body)));
sort($lines);
echo implode("\n", $lines), "\n";
check('end', $server->stop(), 0);

// Those that stay are made before somebody needs one, beside the one that all share.
$gone = HighperTest\free_port();
file_put_contents(temp_path('config/redis.php'), "<?php return ['url' => '{$redis->url()}', 'pool' => ['min' => 2], 'gone' => ['host' => '127.0.0.1', 'port' => {$gone}, 'pool' => ['min' => 1]]];");
$server = Server::start('<?php exit(Highper\Application::create($argv[2])->metrics("/metrics")->run([$argv[0], "--workers", "1"]));', [temp_path('')]);
HighperTest\wait_until(fn () => str_contains($server->get('/metrics')->body, 'highper_redis_connections{redis="default"} 3'), 'three connections');
HighperTest\wait_until(fn () => str_contains($server->log(), "no connection was made ahead of its need: cannot connect to Redis at 127.0.0.1:{$gone}"), 'the log says what can not be had');
check('end', $server->stop(), 0);

file_put_contents(temp_path('config/redis.php'), '<?php return [];');
$server = Server::start('<?php exit(Highper\Application::create($argv[2])->get("/", fn (Highper\Redis\Client $redis) => [$redis->get("visits:ann")])->run([$argv[0], "--workers", "1"]));', [temp_path('')], environment: ['REDIS_URL' => $redis->url()]);
check('by the environment', $server->get('/')->json(), ['2']);
$server->stop();

$fails = function (string $config, string $need): string {
    file_put_contents(temp_path('config/redis.php'), "<?php return {$config};");
    $server = Server::start("<?php exit(Highper\\Application::create(\$argv[2])->get('/', fn ({$need} \$redis) => 1)->run([\$argv[0], '--workers', '1']));", [temp_path('')], wait: false);
    $exit = $server->waitForEnd();
    return $exit . ' ' . trim(preg_replace(['~^\{.*\n~m', '~/\S*/~', '~route GET / \([^)]*\): ~'], '', $server->log())) . "\n";
};
echo $fails('[]', 'Highper\Redis\Client');
echo $fails('["url" => "memcached://secret@x"]', 'Highper\Redis\Client');
echo $fails('["host" => "x", "pool" => ["size" => 3]]', 'Highper\Redis\Client');
echo $fails('["nodes" => ["a", "b"]]', 'Highper\Redis\Client');
echo $fails('["host" => "x"]', '#[Highper\Attribute\Inject("redis.other")] Highper\Redis\Client');
?>
--EXPECT--
ok: two of them
highper_redis_commands_total{redis="cache"} 2
highper_redis_commands_total{redis="default"} 2
highper_redis_connections{redis="cache"} 1
highper_redis_connections{redis="default"} 1
highper_redis_refused_total{redis="cache"} 0
highper_redis_refused_total{redis="default"} 0
highper_redis_waiting{redis="cache"} 0
highper_redis_waiting{redis="default"} 0
highper_redis_waits_total{redis="cache"} 0
highper_redis_waits_total{redis="default"} 0
ok: end
ok: end
ok: by the environment
1 highper: cannot start: Highper\Redis\Client: no Redis is configured: set REDIS_URL, or return ['url' => 'redis:…'] from config/redis.php
1 highper: cannot start: Highper\Redis\Client: there is no scheme 'memcached'; there are redis, rediss and unix, and redis+cluster, redis+sentinel, redis+replicas
1 highper: cannot start: Highper\Redis\Client: there is no setting 'pool.size'; there are url, host, port, socket, nodes, mode, master, shards, user, password, sentinel_user, sentinel_password, database, name, ssl, ca, reads, connect_timeout, timeout, failover, and pool with max, min, wait, queue, idle, lifetime, check
1 highper: cannot start: Highper\Redis\Client: 2 servers were given: say how they belong together by mode: cluster, sentinel, replicas, or shards
1 highper: cannot start: redis.other: there is no Redis of this name: config/redis.php needs 'other' => ['url' => 'redis:…']
