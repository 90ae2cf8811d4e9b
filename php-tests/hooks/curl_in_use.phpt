--TEST--
A cURL handle whose transfer is under way refuses other coroutines, in Swoole's words
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

function refused(callable $call): string
{
    try {
        return 'returned ' . json_encode($call());
    } catch (Swoole\Error $error) {
        return "{$error->getMessage()} ({$error->getCode()})";
    }
}

run(static function () {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $url = 'http://' . stream_socket_get_name($listener, false) . '/';
    $server = go(static function () use ($listener) {
        while ($peer = @stream_socket_accept($listener, 5)) {
            go(static function () use ($peer) {
                while (($line = fgets($peer)) !== false && $line !== "\r\n") {
                }
                usleep(100_000);
                fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
                fclose($peer);
            });
        }
    });
    $own = Swoole\Coroutine::getCid();
    $words = "This cURL handle is currently executing in coroutine#{$own}, cannot be operated (10002)";
    $curl = curl_init($url);
    $seen = [];
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_HEADERFUNCTION => static function ($curl, $line) use (&$seen) {
        // The coroutine of the transfer may call again, and wait here.
        usleep(1_000);
        $seen[] = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);

        return strlen($line);
    }]);
    $got = [];
    go(static function () use ($curl, &$got) {
        usleep(20_000);
        $got[] = refused(static fn () => curl_exec($curl));
        $got[] = refused(static fn () => curl_setopt($curl, CURLOPT_URL, 'http://127.0.0.1:1/'));
        $got[] = refused(static fn () => curl_reset($curl));
        $got[] = refused(static fn () => curl_close($curl));
        $got[] = refused(static fn () => curl_errno($curl));
    });
    check('the transfer goes on', curl_exec($curl), 'hello');
    check('refused', $got, [$words, $words, $words, $words, 'returned 0']);
    check('its own callbacks', array_unique($seen), [200]);
    check('usable', curl_exec($curl), 'hello');

    $multi = curl_multi_init();
    curl_multi_add_handle($multi, $one = curl_init($url));
    curl_setopt($one, CURLOPT_RETURNTRANSFER, true);
    curl_multi_exec($multi, $running);
    $got = [];
    go(static function () use ($multi, &$got) {
        usleep(20_000);
        $got[] = refused(static fn () => curl_multi_select($multi, 1));
    });
    do {
        curl_multi_select($multi, 1);
        curl_multi_exec($multi, $running);
    } while ($running);
    check('two selects', array_unique($got), [$words]);
    check('the first goes on', curl_multi_getcontent($one), 'hello');
    Swoole\Coroutine::cancel($server);
});
?>
--EXPECT--
ok: the transfer goes on
ok: refused
ok: its own callbacks
ok: usable
ok: two selects
ok: the first goes on
