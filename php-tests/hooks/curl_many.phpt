--TEST--
Two hundred transfers at once: callbacks that wait, uploads, redirects, a share, and time-outs that hold
--EXTENSIONS--
highper
curl
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\Coroutine;
use Swoole\Coroutine\Http\Server;
use function Swoole\Coroutine\{batch, go, run};

run(static function () {
    $server = new Server('127.0.0.1', 0);
    $server->handle('/', static function ($request, $response) {
        usleep(50_000);
        $response->end("{$request->server['request_uri']} " . md5((string) $request->getContent()));
    });
    $server->handle('/away', static fn ($request, $response) => $response->redirect('/there', 302));
    go(static fn () => $server->start());
    $url = "http://127.0.0.1:{$server->port}";
    $get = static function (string $path, array $options = []) use ($url): string {
        $curl = curl_init($url . $path);
        curl_setopt_array($curl, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 20]);
        $got = curl_exec($curl);

        return $got === false ? curl_error($curl) : $got;
    };
    $empty = md5('');
    foreach ([50, 200] as $count) {
        $start = microtime(true);
        $got = batch(array_map(static fn ($i) => static fn () => $get("/{$i}"), range(1, $count)));
        check("{$count} at once, each its own", $got, array_map(static fn ($i) => "/{$i} {$empty}", range(1, $count)));
        $time = microtime(true) - $start;
        check('at the same time', $time < HighperTest\patience($count * 0.05 / 2) ?: $time);
    }

    $bodies = batch(array_map(static fn ($i) => static function () use ($url, $i) {
        $body = '';
        $curl = curl_init("{$url}/{$i}");
        curl_setopt_array($curl, [CURLOPT_TIMEOUT => 20, CURLOPT_WRITEFUNCTION => static function ($curl, $piece) use (&$body) {
            usleep(5_000);
            $body .= $piece;

            return strlen($piece);
        }]);
        curl_exec($curl);

        return $body;
    }, range(1, 20)));
    check('callbacks that wait', $bodies, array_map(static fn ($i) => "/{$i} {$empty}", range(1, 20)));

    $big = random_bytes(1_000_000);
    check('posts', array_unique(batch(array_fill(0, 5, static fn () => $get('/post', [CURLOPT_POSTFIELDS => $big])))), ['/post ' . md5($big)]);
    check('an upload that is read by a callback', $get('/put', [CURLOPT_UPLOAD => true, CURLOPT_INFILESIZE => strlen($big),
        CURLOPT_READFUNCTION => static function ($curl, $file, $room) use ($big) {
            static $at = 0;
            $piece = substr($big, $at, $room);
            $at += strlen($piece);
            if ($at % 5 === 0) {
                usleep(1_000);
            }

            return $piece;
        }]), '/put ' . md5($big));
    check('redirects', $get('/away', [CURLOPT_FOLLOWLOCATION => true]), "/there {$empty}");

    $share = curl_share_init();
    curl_share_setopt($share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt($share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
    check('a share', batch(array_map(static fn ($i) => static fn () => $get("/{$i}", [CURLOPT_SHARE => $share]), range(1, 10))),
        array_map(static fn ($i) => "/{$i} {$empty}", range(1, 10)));

    $port = $server->port;
    check('names are looked up beside', array_unique(batch(array_fill(0, 5, static function () use ($port) {
        $curl = curl_init("http://localhost:{$port}/name");
        curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_IPRESOLVE => CURL_IPRESOLVE_V4, CURLOPT_TIMEOUT => 20]);

        return curl_exec($curl) ?: curl_error($curl);
    }))), ["/name {$empty}"]);

    // Accepts by its backlog, and never answers.
    $silent = stream_socket_server('tcp://127.0.0.1:0');
    $start = microtime(true);
    $errors = batch(array_fill(0, 20, static function () use ($silent) {
        $curl = curl_init('http://' . stream_socket_get_name($silent, false) . '/');
        curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT_MS => 100]);
        curl_exec($curl);

        return curl_errno($curl);
    }));
    check('a server that never answers', array_unique($errors), [CURLE_OPERATION_TIMEDOUT]);
    $time = microtime(true) - $start;
    check('after its time-out', $time >= 0.1 && $time < HighperTest\patience(1.0) ?: $time);
    $server->shutdown();
});
?>
--EXPECT--
ok: 50 at once, each its own
ok: at the same time
ok: 200 at once, each its own
ok: at the same time
ok: callbacks that wait
ok: posts
ok: an upload that is read by a callback
ok: redirects
ok: a share
ok: names are looked up beside
ok: a server that never answers
ok: after its time-out
