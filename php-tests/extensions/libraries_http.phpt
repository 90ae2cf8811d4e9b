--TEST--
Guzzle and Symfony's HTTP client in coroutines: one client for all
--EXTENSIONS--
highper
curl
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacksFile('GuzzleHttp/autoload.php', 'Symfony/Component/HttpClient/autoload.php'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use GuzzleHttp\{Client, Pool, Promise\Utils, Psr7\Request};
use HighperTest\{Proof, Server};
use Symfony\Component\HttpClient\{CurlHttpClient, NativeHttpClient};

error_reporting(E_ALL & ~E_DEPRECATED);
require 'GuzzleHttp/autoload.php';
require 'Symfony/Component/HttpClient/autoload.php';
$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_WARNING]);
    $http->on('request', function ($request, $response) {
        $n = (int) ($request->get['n'] ?? 0);
        if ($request->server['request_uri'] === '/redirect') { $response->redirect("/?n={$n}"); return; }
        usleep((int) (1e6 * ($request->get['s'] ?? 0.1)));
        $response->header('Content-Type', 'application/json');
        $response->end(json_encode(['n' => $n, 'body' => $request->getContent(), 'agent' => $request->header['x-agent'] ?? null]));
    });
    $http->start();
    PHP);
$base = "http://127.0.0.1:{$server->port}";
$decode = static fn ($response): int => json_decode((string) $response->getBody())->n;

foreach (['Guzzle' => [], 'Guzzle with streams' => ['handler' => GuzzleHttp\HandlerStack::create(new GuzzleHttp\Handler\StreamHandler())]] as $name => $options) {
    $client = new Client($options + ['base_uri' => $base]);
    Proof::interleaved("{$name}, one client", static fn () => $client, static fn (Client $client, int $i) => $decode($client->get("/?n={$i}")));
    Proof::interleaved("{$name}, POST", static fn () => $client, static function (Client $client, int $i) use ($decode) {
        $got = json_decode((string) $client->post("/?n={$i}", ['body' => $text = str_repeat("{$i} ", 20_000), 'headers' => ['X-Agent' => "a{$i}"]])->getBody());
        return $got->body === $text && $got->agent === "a{$i}" ? $got->n : $got;
    });
    Proof::interleaved("{$name}, redirects and errors", static fn () => $client, static function (Client $client, int $i) use ($decode) {
        try { $client->get('http://127.0.0.1:1/'); } catch (GuzzleHttp\Exception\ConnectException) { return $decode($client->get("/redirect?n={$i}")); }
    });
}
// Promises of one client share a multi handle: that serves one coroutine at a time.
Proof::interleaved('Guzzle, promises', static fn () => new Client(['base_uri' => $base]), static function (Client $client, int $i) use ($decode) {
    $answers = Utils::unwrap(['a' => $client->getAsync("/?n={$i}"), 'b' => $client->getAsync('/?n=' . $i + 100)]);
    return $decode($answers['b']) - 100 === $decode($answers['a']) ? $decode($answers['a']) : 'another';
}, 0.2, 10);
Proof::interleaved('Guzzle, a pool', static fn () => new Client(['base_uri' => $base]), static function (Client $client, int $i) use ($decode) {
    $sum = 0;
    $requests = static function () use ($i) { for ($k = 0; $k < 4; $k++) { yield new Request('GET', "/?n={$i}"); } };
    (new Pool($client, $requests(), ['concurrency' => 2, 'fulfilled' => static function ($response) use (&$sum, $decode) { $sum += $decode($response); }]))->promise()->wait();
    return $sum / 4;
}, 0.4, 10);
foreach (['Symfony, cURL' => new CurlHttpClient(['base_uri' => $base]), 'Symfony, streams' => new NativeHttpClient(['base_uri' => $base])] as $name => $client) {
    Proof::interleaved($name, static fn () => new ($client::class)(['base_uri' => $base]), static fn ($client, int $i) => $client->request('GET', "/redirect?n={$i}")->toArray()['n']);
    Proof::interleaved("{$name}, several at once", static fn () => new ($client::class)(['base_uri' => $base]), static function ($client, int $i) {
        $responses = [$client->request('GET', "/?n={$i}"), $client->request('GET', "/?n={$i}&s=0.05")];
        foreach ($client->stream($responses) as $response => $chunk) { }
        return $responses[0]->toArray()['n'] === $responses[1]->toArray()['n'] ? $responses[0]->toArray()['n'] : 'another';
    });
}
Proof::atOnce('Guzzle', static fn () => new Client(['base_uri' => $base]), static fn (Client $client) => $decode($client->get('/?n=1')));
Proof::timesOut('Guzzle: timeout', static function (string $host, int $port) {
    try { (new Client())->get("http://{$host}:{$port}/", ['timeout' => 1]); } catch (GuzzleHttp\Exception\ConnectException) { return true; }
});
Proof::timesOut('Symfony: timeout', static function (string $host, int $port) {
    try { (new NativeHttpClient())->request('GET', "http://{$host}:{$port}/", ['timeout' => 1])->getContent(); } catch (Symfony\Contracts\HttpClient\Exception\TransportExceptionInterface) { return true; }
});
?>
--EXPECT--
ok: Guzzle, one client: each its own answer
ok: Guzzle, one client: at the same time
ok: Guzzle, POST: each its own answer
ok: Guzzle, POST: at the same time
ok: Guzzle, redirects and errors: each its own answer
ok: Guzzle, redirects and errors: at the same time
ok: Guzzle with streams, one client: each its own answer
ok: Guzzle with streams, one client: at the same time
ok: Guzzle with streams, POST: each its own answer
ok: Guzzle with streams, POST: at the same time
ok: Guzzle with streams, redirects and errors: each its own answer
ok: Guzzle with streams, redirects and errors: at the same time
ok: Guzzle, promises: each its own answer
ok: Guzzle, promises: at the same time
ok: Guzzle, a pool: each its own answer
ok: Guzzle, a pool: at the same time
ok: Symfony, cURL: each its own answer
ok: Symfony, cURL: at the same time
ok: Symfony, cURL, several at once: each its own answer
ok: Symfony, cURL, several at once: at the same time
ok: Symfony, streams: each its own answer
ok: Symfony, streams: at the same time
ok: Symfony, streams, several at once: each its own answer
ok: Symfony, streams, several at once: at the same time
ok: Guzzle: 200 without a mistake
ok: Guzzle: 200 × 0.1 s at once
ok: Guzzle: timeout: gives up
ok: Guzzle: timeout: in time
ok: Guzzle: timeout: others run meanwhile
ok: Symfony: timeout: gives up
ok: Symfony: timeout: in time
ok: Symfony: timeout: others run meanwhile
