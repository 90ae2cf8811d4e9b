--TEST--
A cancelled wait is an error, not a hang
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\Coroutine;
use function Swoole\Coroutine\{go, run};

run(static function () {
    socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
    $got = null;
    $id = go(static function () use ($pair, &$got) {
        $got = [@socket_read($pair[0], 10), socket_last_error($pair[0])];
    });
    usleep(10_000);
    check('cancelled', Coroutine::cancel($id));
    usleep(10_000);
    check('socket_read fails with ECANCELED', $got, [false, 125]);

    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $got = null;
    $id = go(static function () use ($a, &$got) { $got = @fread($a, 10); });
    usleep(10_000);
    Coroutine::cancel($id);
    usleep(10_000);
    check('fread gives nothing', in_array($got, ['', false], true));

    $left = null;
    $id = go(static function () use (&$left) { $left = sleep(10); });
    usleep(10_000);
    Coroutine::cancel($id);
    usleep(10_000);
    check('sleep tells what was left', $left, 9);
    go(static function () use ($b) { usleep(5_000); fwrite($b, 'later'); });
    check('the stream still works', fread($a, 10), 'later');
});
?>
--EXPECT--
ok: cancelled
ok: socket_read fails with ECANCELED
ok: fread gives nothing
ok: sleep tells what was left
ok: the stream still works
