--TEST--
SWOOLE_HOOK_CURL puts Swoole\Curl\Handler in cURL's place
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
use Swoole\Runtime;
use function Swoole\Coroutine\{go, run};

Runtime::enableCoroutine(SWOOLE_HOOK_ALL & ~SWOOLE_HOOK_NATIVE_CURL | SWOOLE_HOOK_CURL);
check('chosen before the loop', Runtime::getHookFlags() & SWOOLE_HOOK_CURL, SWOOLE_HOOK_CURL);
run(static function () {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $url = 'http://' . stream_socket_get_name($listener, false) . '/';
    $server = go(static function () use ($listener) {
        while ($peer = @stream_socket_accept($listener, 5)) {
            go(static function () use ($peer) {
                while (($line = fgets($peer)) !== false && $line !== "\r\n") {
                }
                fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
                fclose($peer);
            });
        }
    });
    $curl = curl_init();
    check('its class', $curl::class, 'Swoole\Curl\Handler');
    check('options', [curl_setopt($curl, CURLOPT_URL, $url), curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true])], [true, true]);
    check('a transfer', [curl_exec($curl), curl_getinfo($curl, CURLINFO_HTTP_CODE), curl_errno($curl), curl_error($curl)], ['hello', 200, 0, '']);
    curl_reset($curl);
    curl_close($curl);

    Runtime::setHookFlags(SWOOLE_HOOK_ALL);
    $curl = curl_init($url);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    check('and back', [$curl::class, curl_exec($curl)], ['CurlHandle', 'hello']);
    set_error_handler(static fn ($level, $text) => print("{$text}\n"));
    Runtime::setHookFlags(SWOOLE_HOOK_ALL | SWOOLE_HOOK_CURL);
    check('the native one stays', curl_init()::class, 'CurlHandle');
    Coroutine::cancel($server);
});
?>
--EXPECTF--
ok: chosen before the loop
ok: its class
ok: options
ok: a transfer
ok: and back
%Scannot enable both hooks HOOK_NATIVE_CURL and HOOK_CURL at same time
ok: the native one stays
