--TEST--
poll() says after a wait what it would have said without one
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

/** [what is read, is it the end?] of a peer that does this. */
$after = static function (Closure $peer): array {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    go(static function () use ($peer, $b) { usleep(5_000); $peer($b); usleep(20_000); });
    $text = fread($a, 100);
    return [$text, feof($a)];
};
run(static function () use ($after) {
    check('data', $after(static fn ($peer) => fwrite($peer, 'data')), ['data', false]);
    check('the end', $after(static fn ($peer) => fclose($peer)), ['', true]);
    check('half of it closed', $after(static fn ($peer) => stream_socket_shutdown($peer, STREAM_SHUT_WR)), ['', true]);
    check('data and the end', $after(static function ($peer) { fwrite($peer, 'data'); fclose($peer); })[0], 'data');

    // Two wait for the same: both are told.
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $told = [];
    foreach (['one', 'two'] as $name) {
        go(static function () use ($a, $name, &$told) {
            [$read, $write, $except] = [[$a], [], []];
            $told[$name] = stream_select($read, $write, $except, 5);
        });
    }
    usleep(5_000);
    fwrite($b, 'x');
    usleep(20_000);
    check('two waiters', $told, ['one' => 1, 'two' => 1]);

    // Room to write is told by itself, and after a read on the same descriptor.
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $big = str_repeat('0123456789abcdef', 1 << 16);
    for ($round = 0; $round < 3; $round++) {
        go(static function () use ($b, $big) {
            fwrite($b, 'begin');
            usleep(5_000);
            $got = stream_get_contents($b, strlen($big));
            fwrite($b, $got === $big ? 'all' : 'wrong');
        });
        check('a word first', fread($a, 5), 'begin');
        check('then a megabyte, in parts', fwrite($a, $big), strlen($big));
        check('and the answer', fread($a, 5), 'all');
    }
});
?>
--EXPECTREGEX--
ok: data\nok: the end\nok: half of it closed\nok: data and the end\nok: two waiters(\nok: a word first\nok: then a megabyte, in parts\nok: and the answer){3}
