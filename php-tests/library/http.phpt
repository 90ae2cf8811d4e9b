--TEST--
get(), post() and request() by each of the three clients
--EXTENSIONS--
highper
curl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;
use function Swoole\Coroutine\Http\{get, post, request, request_with_curl, request_with_http_client};
use function Swoole\Coroutine\{go, run};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($q, $r) {
        if ($q->server['request_uri'] === '/slow') { Swoole\Coroutine::sleep(0.5); }
        if ($q->server['request_uri'] === '/gone') { $r->status(410); }
        $r->header('X-Is', $q->server['request_method']);
        $r->cookie('sent', 'a b');
        $r->end(json_encode([$q->get ?? [], $q->post ?? [], $q->header['x-me'] ?? null, $q->cookie ?? [], $q->server['request_uri']]));
    });
    $http->start();
    PHP);
$url = "http://127.0.0.1:{$server->port}";
run(static function () use ($url) {
    foreach (['swoole', 'curl', 'stream'] as $driver) {
        swoole_library_set_option('http_client_driver', $driver);
        $answer = get("{$url}/p/a?q=1", null, ['X-Me' => 'here'], ['c' => '1', 'd' => '2']);
        check("{$driver}: get()", [$answer->getStatusCode(), json_decode($answer->getBody(), true)], [200, [['q' => '1'], [], 'here', ['c' => '1', 'd' => '2'], '/p/a']]);
        if ($driver !== 'stream') {
            check("{$driver}: its headers", [((array) $answer->getHeaders()['x-is'])[0], isset($answer->getCookies()['sent'])], ['GET', true]);
        }
        check("{$driver}: a form", json_decode(post($url, ['k' => 'v w'])->getBody(), true)[1], ['k' => 'v w']);
        if ($driver !== 'stream') {
            check("{$driver}: other methods and states", [request("{$url}/gone", 'DELETE')->getStatusCode(), ((array) request($url, 'PATCH', 'x')->getHeaders()['x-is'])[0]], [410, 'PATCH']);
        }
        $start = microtime(true);
        try { get("{$url}/slow", ['timeout' => 0.05]); echo "slow\n"; } catch (Swoole\Coroutine\Http\Client\Exception $e) { check("{$driver}: a timeout", microtime(true) - $start < 0.4); }
        try { get('http://127.0.0.1:1/'); } catch (Swoole\Coroutine\Http\Client\Exception $e) { check("{$driver}: nobody there", $e->getMessage() !== ''); }
    }
    foreach (['/path' => 'no scheme', 'ftp://x/' => 'unknown scheme', 'http:///x' => 'The URL'] as $wrong => $words) {
        try { request_with_http_client($wrong, 'GET'); } catch (Swoole\Coroutine\Http\Client\Exception $e) { check($wrong, str_contains($e->getMessage(), $words)); }
    }
});
?>
--EXPECT--
ok: swoole: get()
ok: swoole: its headers
ok: swoole: a form
ok: swoole: other methods and states
ok: swoole: a timeout
ok: swoole: nobody there
ok: curl: get()
ok: curl: its headers
ok: curl: a form
ok: curl: other methods and states
ok: curl: a timeout
ok: curl: nobody there
ok: stream: get()
ok: stream: a form
ok: stream: a timeout
ok: stream: nobody there
ok: /path
ok: ftp://x/
ok: http:///x
