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
use GuzzleHttp\Handler\CurlHandler;
use GuzzleHttp\HandlerStack;
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
// Promises without a multi handle: each coroutine makes the transfer that it waits for.
$single = new Client(['base_uri' => "http://127.0.0.1:{$server->port}/", 'handler' => HandlerStack::create(new CurlHandler())]);
$sum = 0;
$begun = microtime(true);
run(static function () use ($single, $options, $own, &$sum) {
    for ($i = 0; $i < 200; $i++) {
        go(static function () use ($single, $options, $own, $i, &$sum) {
            $sum += $own($single->postAsync('/', $options($i))->wait(), $i);
        });
    }
});
check('200 promises: each its own answer', $sum, 200);
$time = microtime(true) - $begun;
check('at the same time, too', $time < HighperTest\patience(3) ?: $time);
// With it, the second one that waits is refused, and the first one's transfer goes on. Where Guzzle drives its multi handle from its queue
// too, the refusal may be met by the first one.
$is_queued = method_exists(GuzzleHttp\Handler\CurlMultiHandler::class, 'tickInQueue');
run(static function () use ($client, $options, $own, $is_queued) {
    $first = go(static function () use ($client, $options, $own, $is_queued, &$sum) {
        try {
            $sum = $own($client->postAsync('/', $options(1))->wait(), 1);
        } catch (Throwable $error) {
            $sum = $is_queued ? 1 : $error;
        }
    });
    try {
        $client->postAsync('/', $options(2))->wait();
    } catch (Throwable $error) {
        check('a second one at the multi handle', str_contains($error->getMessage(), "currently executing in coroutine#{$first}"));
    }
    Coroutine::join([$first]);
    check('the first one has its answer', $sum, 1);
});
$server->stop();
?>
--EXPECT--
ok: 200 requests: each its own answer
ok: at the same time
ok: 50 at once from one coroutine
ok: 200 promises: each its own answer
ok: at the same time, too
ok: a second one at the multi handle
ok: the first one has its answer
