--TEST--
A cancelled transfer of cURL was aborted by a callback, and its handle is as new afterwards
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
use function Swoole\Coroutine\{go, run};

run(static function () {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $url = 'http://' . stream_socket_get_name($listener, false) . '/';
    $server = go(static function () use ($listener) {
        while ($peer = @stream_socket_accept($listener, 5)) {
            go(static function () use ($peer) {
                $first = fgets($peer);
                while (($line = fgets($peer)) !== false && $line !== "\r\n") {
                }
                usleep(str_contains($first, 'quick') ? 0 : 300_000);
                @fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
                fclose($peer);
            });
        }
    });
    $own = Coroutine::getCid();
    $later = static fn () => go(static function () use ($own) { usleep(20_000); Coroutine::cancel($own); });

    $curl = curl_init($url);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    $later();
    check('curl_exec', [curl_exec($curl), swoole_last_error(), curl_errno($curl), curl_error($curl)],
        [false, SWOOLE_ERROR_CO_CANCELED, CURLE_ABORTED_BY_CALLBACK, 'Operation was aborted by an application callback']);
    curl_setopt($curl, CURLOPT_URL, "{$url}quick");
    check('the next one', [curl_exec($curl), curl_errno($curl), curl_error($curl)], ['hello', 0, '']);

    curl_setopt($curl, CURLOPT_URL, $url);
    $later();
    curl_exec($curl);
    $copy = curl_copy_handle($curl);
    check('a copy has no error', curl_errno($copy), 0);
    curl_reset($curl);
    check('curl_reset() leaves it, as in PHP', curl_errno($curl), CURLE_ABORTED_BY_CALLBACK);

    $multi = curl_multi_init();
    curl_multi_add_handle($multi, $one = curl_init($url));
    curl_setopt($one, CURLOPT_RETURNTRANSFER, true);
    curl_multi_exec($multi, $running);
    $later();
    $start = microtime(true);
    do {
        $ready = curl_multi_select($multi, 5);
        curl_multi_exec($multi, $running);
    } while ($ready !== -1 && $running);
    check('curl_multi_select', [$ready, swoole_last_error(), microtime(true) - $start < 0.25], [-1, SWOOLE_ERROR_CO_CANCELED, true]);
    do {
        curl_multi_select($multi, 1);
        curl_multi_exec($multi, $running);
    } while ($running);
    check('the transfer goes on', curl_multi_getcontent($one), 'hello');
    Coroutine::cancel($server);
});
?>
--EXPECT--
ok: curl_exec
ok: the next one
ok: a copy has no error
ok: curl_reset() leaves it, as in PHP
ok: curl_multi_select
ok: the transfer goes on
