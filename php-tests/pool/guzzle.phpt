--TEST--
One Guzzle client under 200 coroutines: each gets its own answer, in the time of one
--EXTENSIONS--
highper
curl
--SKIPIF--
<?php if (! is_file('/usr/share/php/GuzzleHttp/autoload.php')) echo 'skip guzzlehttp/guzzle is not installed'; ?>
--CONFLICTS--
all
--TIMEOUT--
60
--FILE--
<?php
error_reporting(E_ALL & ~E_DEPRECATED);
require __DIR__ . '/../lib/test.php';
require '/usr/share/php/GuzzleHttp/autoload.php';
use GuzzleHttp\Client;
use GuzzleHttp\Promise\Utils;
use HighperTest\Server;
use Swoole\Coroutine;
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($request, $response) {
        usleep(100_000);
        $response->header('x-name', $request->header['x-name']);
        $response->end($request->get['i'] . ':' . $request->rawContent());
    });
    $http->start();
    PHP);
$client = new Client(['base_uri' => "http://127.0.0.1:{$server->port}/", 'headers' => ['x-name' => 'all']]);
$own = static fn ($response, int $i): int => (int) ((string) $response->getBody() === "{$i}:body {$i}" && $response->getHeaderLine('x-name') === "name {$i}");
$options = static fn (int $i): array => ['query' => ['i' => $i], 'body' => "body {$i}", 'headers' => ['x-name' => "name {$i}"]];
$sum = 0;
$begun = microtime(true);
run(static function () use ($client, $options, $own, &$sum) {
    for ($i = 0; $i < 200; $i++) {
        go(static function () use ($client, $options, $own, $i, &$sum) {
            $sum += $own($client->post('/', $options($i)), $i);
        });
    }
});
check('200 requests: each its own answer', $sum, 200);
$time = microtime(true) - $begun;
check('at the same time', $time < HighperTest\patience(3) ?: $time);
run(static function () use ($client, $options, $own) {
    $promises = [];
    for ($i = 0; $i < 50; $i++) {
        $promises[$i] = $client->postAsync('/', $options($i));
    }
    $sum = 0;
    foreach (Utils::unwrap($promises) as $i => $response) {
        $sum += $own($response, $i);
    }
    check('50 at once from one coroutine', $sum, 50);
});
$server->stop();
?>
--EXPECT--
ok: 200 requests: each its own answer
ok: at the same time
ok: 50 at once from one coroutine
