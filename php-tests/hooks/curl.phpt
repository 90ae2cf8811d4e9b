--TEST--
cURL talks to a server in the same process
--EXTENSIONS--
highper
curl
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

run(static function () {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $url = 'http://' . stream_socket_get_name($listener, false) . '/';
    go(static function () use ($listener) {
        for ($i = 0; $i < 31; $i++) {
            $peer = stream_socket_accept($listener, 5);
            go(static function () use ($peer) {
                while (($line = fgets($peer)) !== false && $line !== "\r\n") {
                }
                usleep(100_000);
                fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
                fclose($peer);
            });
        }
    });
    $start = microtime(true);
    $answers = new Swoole\Coroutine\Channel(20);
    for ($i = 0; $i < 20; $i++) {
        go(static function () use ($url, $answers) {
            $curl = curl_init($url);
            curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 5]);
            $answers->push(curl_exec($curl) === false ? curl_error($curl) : curl_multi_strerror(0) . curl_getinfo($curl, CURLINFO_RESPONSE_CODE));
        });
    }
    $got = [];
    for ($i = 0; $i < 20; $i++) {
        $got[$answers->pop(5)] = true;
    }
    check('20 requests', array_keys($got), ['No error200']);
    $time = microtime(true) - $start;
    check('at the same time', $time >= 0.1 && $time < 1.0 ?: $time);

    $start = microtime(true);
    $multi = curl_multi_init();
    $handles = [];
    for ($i = 0; $i < 10; $i++) {
        curl_multi_add_handle($multi, $handles[] = curl_init($url));
        curl_setopt(end($handles), CURLOPT_RETURNTRANSFER, true);
    }
    do {
        curl_multi_exec($multi, $running);
        curl_multi_select($multi, 1);
    } while ($running);
    check('curl_multi', array_unique(array_map(curl_multi_getcontent(...), $handles)), ['hello']);
    $time = microtime(true) - $start;
    check('in one wait', $time >= 0.1 && $time < 1.0 ?: $time);

    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT_MS => 30]);
    check('time-out', [curl_exec($curl), curl_errno($curl)], [false, CURLE_OPERATION_TIMEDOUT]);
});
?>
--EXPECT--
ok: 20 requests
ok: at the same time
ok: curl_multi
ok: in one wait
ok: time-out
