--TEST--
worker_max_concurrency and max_concurrency: requests that wait for others, requests that are refused
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$start = fn (string $settings) => Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    file_put_contents(__DIR__ . '/concurrency.txt', 'static');
    $server->set(['worker_num' => 1, 'document_root' => __DIR__, 'enable_static_handler' => true, 'log_level' => SWOOLE_LOG_ERROR] + json_decode($argv[2], true));
    $running = $most = 0;
    $server->on('request', function ($request, $response) use (&$running, &$most) {
        $most = max($most, ++$running);
        Co::sleep((float) ($request->get['s'] ?? 0.05));
        $running--;
        $response->end((string) $most);
    });
    $server->start();
    PHP, [$settings]);
$open = function (Server $server, int $count, string $path = '/'): array {
    $clients = [];
    for ($i = 0; $i < $count; $i++) {
        $clients[] = $c = new HttpClient($server->port);
        $c->send('GET', $path);
    }

    return $clients;
};
$status = fn (array $clients) => array_count_values(array_map(fn ($c) => $c->receive()->status, $clients));

$server = $start('{"worker_max_concurrency": 2}');
check('all are answered', $status($open($server, 7)), [200 => 7]);
check('two at a time', $server->get('/')->body, '2');
for ($i = 0; $i < 5; $i++) {
    $server->get('/concurrency.txt');
}
$gone = $open($server, 5, '/?s=0.1');
foreach ($gone as $c) {
    $c->connection->reset();
}
check('those that go leave their places', $status($open($server, 4)), [200 => 4]);
$last = $open($server, 5, '/?s=0.2');
usleep(50_000);
$server->signal(15);
$answers = $status($last);
check('at the end those that wait are refused', [$answers[200], $answers[503]], [2, 3]);
check('the end', $server->waitForEnd(), 0);

$server = $start('{"max_concurrency": 2}');
$answers = $status($open($server, 5, '/?s=0.1'));
check('more than the server takes', [$answers[200], $answers[503]], [2, 3]);
check('later again', $server->get('/')->status, 200);
?>
--EXPECT--
ok: all are answered
ok: two at a time
ok: those that go leave their places
ok: at the end those that wait are refused
ok: the end
ok: more than the server takes
ok: later again
