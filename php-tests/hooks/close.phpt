--TEST--
Closing a descriptor wakes the coroutine that waits for it
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

run(static function () {
    // A stream's reader holds the stream, but not its descriptor.
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $woken = [];
    go(static function () use ($a, &$woken) {
        $woken['stream'] = [@fread($a, 10), microtime(true)];
    });
    $start = microtime(true);
    usleep(20_000);
    fclose($a);
    usleep(20_000);
    check('the reader of a stream is woken', isset($woken['stream']));
    check('with nothing', in_array($woken['stream'][0] ?? 1, ['', false], true));

    foreach (['PHP\'s' => [SWOOLE_HOOK_ALL ^ SWOOLE_HOOK_SOCKETS, 9], 'ours' => [SWOOLE_HOOK_ALL, SOCKET_ECANCELED]] as $kind => [$flags, $error]) {
        Swoole\Runtime::setHookFlags($flags);
        socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
        go(static function () use ($pair, $kind, &$woken) {
            $woken[$kind] = [@socket_read($pair[0], 10), socket_last_error()];
        });
        usleep(20_000);
        socket_close($pair[0]);
        usleep(20_000);
        check("the reader of a socket is woken: {$kind}", $woken[$kind] ?? null, [false, $error]);
    }

    // The number is used again at once: the new one is not mistaken for the old.
    [$c, $d] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    go(static function () use ($d) { usleep(20_000); fwrite($d, 'new'); });
    check('a new descriptor works', fread($c, 10), 'new');
});
echo "over\n";
?>
--EXPECT--
ok: the reader of a stream is woken
ok: with nothing
ok: the reader of a socket is woken: PHP's
ok: the reader of a socket is woken: ours
ok: a new descriptor works
over
