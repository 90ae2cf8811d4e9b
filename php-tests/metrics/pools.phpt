--TEST--
Metrics of all pools: memcached, beanstalkd, HTTP and TCP clients, pools of objects; those that stay are made before somebody needs one
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\Server;
use function HighperTest\{check, free_port, temp_path, wait_until};

$processes = [];
/** A server that answers each question of its protocol at once. */
$speaks = function (string $end, string $answer) use (&$processes): int {
    $processes[] = proc_open([PHP_BINARY, '-n', __DIR__ . '/../lib/held.php', $end, $answer], [['pipe', 'r'], ['pipe', 'w'], STDERR], $pipes);
    $port = (int) fgets($pipes[1]);
    fwrite($pipes[0], "now\n");
    $GLOBALS['pipes'][] = $pipes;
    return $port;
};
$memcached = $speaks('\r\n', 'END\r\n');
$beanstalk = $speaks('\r\n', 'NOT_FOUND\r\n');
$http = $speaks('\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
$tcp = $speaks('\n', 'yes\n');
$gone = free_port();
mkdir(temp_path('config'));
$config = fn (string $name, array $all) => file_put_contents(temp_path("config/{$name}.php"), '<?php return ' . var_export($all, true) . ';');
$config('memcached', ['servers' => ["127.0.0.1:{$memcached}"], 'sessions' => ['servers' => ["127.0.0.1:{$memcached}"], 'pool' => ['min' => 3]], 'gone' => ['servers' => ["127.0.0.1:{$gone}"], 'pool' => ['min' => 1]]]);
$config('beanstalk', ['host' => '127.0.0.1', 'port' => $beanstalk, 'pool' => ['min' => 2], 'gone' => ['host' => '127.0.0.1', 'port' => $gone, 'pool' => ['min' => 1]]]);
$config('http', ['timeout' => 5.0, 'shop' => ['base' => "http://127.0.0.1:{$http}/api", 'pool' => ['min' => 2]], 'gone' => ['base' => "http://127.0.0.1:{$gone}", 'pool' => ['min' => 1]]]);
$server = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, Beanstalk, Http, Memcached, Pool, Tcp};
    use Highper\Attribute\Inject;

    final class Clients {
        public Tcp\Client $tcp;
        public Tcp\Client $same;
        public Pool $pool;
        public Pool $unnamed;
        public int $made = 0;
        public function __construct() {
            $this->tcp = new Tcp\Client("127.0.0.1:{$GLOBALS['argv'][3]}", eof: "\n", pool: ['max' => 4, 'min' => 2, 'wait' => 1.5, 'queue' => 7]);
            $this->same = new Tcp\Client("127.0.0.1:{$GLOBALS['argv'][3]}", eof: "\n", pool: 2);
            // They come while others work.
            while ($this->tcp->stats()['idle'] < 2) { Co::sleep(0.001); }
            $this->pool = new Pool(function () { $this->made++; return new stdClass(); }, max: 5, min: 3, name: 'parsers');
            $this->unnamed = new Pool(fn () => new stdClass());
        }
    }
    exit(Application::create($argv[2])
        ->metrics('/metrics')
        ->get('/', fn (Clients $all, Memcached\Client $m, Beanstalk\Client $b, #[Inject('http.shop')] Http\Client $shop) => [
            $m->get('a'), $b->peek(1), $shop->get('/x')->body(), $all->tcp->ask('a'), $all->same->ask('b'), $all->unnamed->use(fn () => 1),
            // As many as stay were there; what is taken meanwhile is none of them.
            $all->pool->use(fn () => $all->pool->stats()['taken']), $all->made,
        ])
        ->get('/none', fn (Clients $all) => count(array_filter(array_map(function ($wrong) {
            try { $wrong(); return 'nothing'; } catch (Throwable $e) { return null; }
        }, [fn () => new Tcp\Client('h:1', pool: ['most' => 1]), fn () => new Tcp\Client('h:1', pool: ['min' => -1]), fn () => new Tcp\Client('h:1', pool: 0), fn () => new Pool(fn () => 1, min: -1)]))))
        ->run([$argv[0], '--workers', '1']));
    PHP, [temp_path(''), (string) $tcp]);
$shown = function (string $pattern) use ($server): array {
    $lines = array_values(preg_grep($pattern, explode("\n", $server->get('/metrics')->body)));
    sort($lines);
    return $lines;
};
// Nobody has asked for anything yet.
wait_until(fn () => $shown('~^highper_(memcached|beanstalk|http_client)_connections_idle\{~') == [
    'highper_beanstalk_connections_idle{beanstalk="default"} 2', 'highper_beanstalk_connections_idle{beanstalk="gone"} 0',
    'highper_http_client_connections_idle{client="gone"} 0', 'highper_http_client_connections_idle{client="shop"} 2',
    'highper_memcached_connections_idle{memcached="gone"} 0', 'highper_memcached_connections_idle{memcached="sessions"} 3',
], 'the connections that stay');
foreach (["cannot connect to memcached at 127.0.0.1:{$gone}", "cannot connect to beanstalkd at 127.0.0.1:{$gone}", "cannot connect to http://127.0.0.1:{$gone}"] as $what) {
    wait_until(fn () => str_contains($server->log(), "no connection was made ahead of its need: {$what}"), "the log says: {$what}");
}
check('asked', [$server->get('/')->json(), $server->get('/')->json()], [[null, null, 'ok', 'yes', 'yes', 1, 1, 3], [null, null, 'ok', 'yes', 'yes', 1, 1, 3]]);
check('wrong settings', $server->get('/none')->body, '0');
wait_until(fn () => $shown('~^highper_tcp_client_connections_idle~') == ["highper_tcp_client_connections_idle{server=\"127.0.0.1:{$tcp}\"} 3"], 'both clients of a server together');
echo str_replace((string) $tcp, 'PORT', implode("\n", $shown('~^highper_(memcached|beanstalk|http_client|tcp_client|pool)_.*("default"|"shop"|"parsers"|"127)~'))), "\n";
check('end', $server->stop(), 0);
foreach ($processes as $process) {
    proc_terminate($process);
}
?>
--EXPECT--
ok: asked
ok: wrong settings
highper_beanstalk_commands_total{beanstalk="default"} 2
highper_beanstalk_connections_idle{beanstalk="default"} 2
highper_beanstalk_connections_taken{beanstalk="default"} 0
highper_beanstalk_refused_total{beanstalk="default"} 0
highper_beanstalk_waiting{beanstalk="default"} 0
highper_beanstalk_waits_total{beanstalk="default"} 0
highper_http_client_connections_idle{client="shop"} 2
highper_http_client_connections_taken{client="shop"} 0
highper_http_client_failed_total{client="shop"} 0
highper_http_client_refused_total{client="shop"} 0
highper_http_client_requests_total{client="shop"} 2
highper_http_client_retries_total{client="shop"} 0
highper_http_client_waiting{client="shop"} 0
highper_http_client_waits_total{client="shop"} 0
highper_memcached_commands_total{memcached="default"} 2
highper_memcached_connections_idle{memcached="default"} 1
highper_memcached_connections_taken{memcached="default"} 0
highper_memcached_refused_total{memcached="default"} 0
highper_memcached_waiting{memcached="default"} 0
highper_memcached_waits_total{memcached="default"} 0
highper_pool_idle{pool="parsers"} 3
highper_pool_refused_total{pool="parsers"} 0
highper_pool_taken{pool="parsers"} 0
highper_pool_waiting{pool="parsers"} 0
highper_pool_waits_total{pool="parsers"} 0
highper_tcp_client_connections_idle{server="127.0.0.1:PORT"} 3
highper_tcp_client_connections_taken{server="127.0.0.1:PORT"} 0
highper_tcp_client_refused_total{server="127.0.0.1:PORT"} 0
highper_tcp_client_waiting{server="127.0.0.1:PORT"} 0
highper_tcp_client_waits_total{server="127.0.0.1:PORT"} 0
ok: end
