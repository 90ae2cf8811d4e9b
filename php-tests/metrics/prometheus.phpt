--TEST--
Metrics: answers by route and status, times, own figures; of all workers, also past a reload and without PHP
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, Metrics};
    use Highper\Http\NotFound;
    $app = Application::create(__DIR__);
    $early = Metrics::counter('early_total', 'Before the workers.');
    $early->add(3);
    final class Orders {
        private Metrics\Counter $orders;
        private Metrics\Histogram $sizes;
        public function __construct() { $this->orders = Metrics::counter('orders_total', "Orders,\nby kind."); $this->sizes = Metrics::histogram('sizes'); }
        public function add(string $kind): void { $this->orders->add(2, ['kind' => $kind, 'a' => 'x"y']); $this->sizes->observe(0.3); $this->sizes->observe(99); }
    }
    exit($app
        ->metrics()
        ->get('/notes/{id}', fn (int $id) => $id === 9 ? throw new NotFound : "note {$id}")
        ->post('/orders/{kind}', function (string $kind, Orders $orders) use ($early) { $orders->add($kind); $early->add(); Metrics::gauge('queue')->set(4); return new Highper\Http\Response(status: 201); })
        ->get('/fails', fn () => throw new LogicException('no'))
        ->get('/pid', fn () => getmypid())
        ->get('/busy', function () { for ($end = hrtime(true) + 30_000_000; hrtime(true) < $end;); return getmypid(); })
        ->run([$argv[0], '--workers', '2']));
    PHP);
$value = function (string $series) use ($server): ?float {
    return preg_match('~^' . preg_quote($series, '~') . ' (\S+)$~m', $server->get('/metrics')->body, $found) ? (float) $found[1] : null;
};
$answer = $server->get('/metrics');
check('as Prometheus asks', [$answer->status, $answer->header('Content-Type')], [200, 'text/plain; version=0.0.4; charset=utf-8']);
wait_until(fn () => $value('highper_workers') === 2.0, 'both workers have told their figures');
check('figures', [$value('highper_workers'), $value('highper_connections') >= 1, $value('highper_loop_lag_seconds') !== null, $value('highper_coroutines') !== null, $value('highper_memory_bytes') !== null], [2.0, true, true, true, true]);
// A connection to each worker: while one is busy, the other takes the next.
$clients = [];
wait_until(function () use ($server, &$clients) {
    $all = array_map(fn () => new HttpClient($server->port), range(1, 6));
    array_map(fn ($client) => $client->send('GET', '/busy'), $all);
    foreach ($all as $client) {
        $clients[$client->receive()->body] ??= $client;
    }
    return count($clients) === 2;
}, 'both workers answer');
$pids = $clients;
for ($i = 0; $i < 20; $i++) {
    foreach (array_slice(array_values($clients), $i % 2, 1) as $client) {
        $client->request('GET', "/notes/{$i}");
    }
}
$server->get('/fails');
$server->get('/nothing');
$server->get('/notes/abc');
foreach (['a', 'a', 'b'] as $kind) {
    $server->request('POST', "/orders/{$kind}");
}
$requests = fn (string $method, string $route, int $status) => $value("highper_http_requests_total{method=\"{$method}\",route=\"{$route}\",status=\"{$status}\"}");
check('of both workers', [$requests('GET', '/notes/{id}', 200), $requests('GET', '/notes/{id}', 404), $requests('POST', '/orders/{kind}', 201)], [19.0, 1.0, 3.0]);
check('what fails', [$requests('GET', '/fails', 500), $requests('', '', 404)], [1.0, 2.0]);
check('the page itself', $requests('', '', 200) > 5);
$labels = 'method="GET",route="/notes/{id}"';
check('times', [$value("highper_http_request_duration_seconds_count{{$labels}}"), $value("highper_http_request_duration_seconds_bucket{{$labels},le=\"+Inf\"}"), $value("highper_http_request_duration_seconds_sum{{$labels}}") > 0], [20.0, 20.0, true]);
$text = $server->get('/metrics')->body;
check('own counters', [$value('orders_total{a="x\"y",kind="a"}'), $value('orders_total{a="x\"y",kind="b"}'), $value('early_total')], [4.0, 2.0, 6.0]);
check('own histograms', [$value('sizes_bucket{le="0.25"}'), $value('sizes_bucket{le="0.5"}'), $value('sizes_count')], [0.0, 3.0, 6.0]);
check('own gauges', in_array($value('queue'), [4.0, 8.0], true));
check('every line is one', preg_match('~^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? [-+0-9.e]+)$~m', $text) === 1 && !preg_grep('~^(#|[a-z_]+(\{.*\})? [-+0-9.e]+$)~', explode("\n", trim($text)), PREG_GREP_INVERT));
foreach ($clients as $client) {
    $client->close();
}
$server->signal(SIGUSR1);
wait_until(function () use ($server, $pids) { return !isset($pids[$server->get('/pid')->body]); }, 'new workers answer');
check('counts outlive their process', [$requests('GET', '/notes/{id}', 200), $value('orders_total{a="x\"y",kind="a"}')], [19.0, 4.0]);
$server->get('/notes/1');
check('and go on', $requests('GET', '/notes/{id}', 200), 20.0);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: as Prometheus asks
ok: figures
ok: of both workers
ok: what fails
ok: the page itself
ok: times
ok: own counters
ok: own histograms
ok: own gauges
ok: every line is one
ok: counts outlive their process
ok: and go on
ok: end
