--TEST--
Streams over TCP, local sockets, pairs and UDP wait without blocking the others
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use function Swoole\Coroutine\{go, run};

/** Runs $body with a clock beside it, and says how often that ticked meanwhile. */
function ticks(callable $body): int
{
    $ticks = 0;
    $over = false;
    go(static function () use (&$ticks, &$over) {
        while (! $over) {
            usleep(2_000);
            $ticks++;
        }
    });
    $body();
    $over = true;
    return $ticks;
}

run(static function () {
    foreach (['tcp://127.0.0.1:0', 'unix://' . temp_path('s')] as $address) {
        $kind = strstr($address, ':', true);
        $ticks = ticks(static function () use ($address, $kind) {
            $listener = stream_socket_server($address);
            $sent = null;
            go(static function () use ($listener, &$sent) {
                $peer = stream_socket_accept($listener);
                for ($i = 0; $i < 3; $i++) {
                    usleep(20_000);
                    fwrite($peer, "line {$i}\n");
                }
                $sent = fwrite($peer, str_repeat('x', 3_000_000));
                fclose($peer);
            });
            $name = stream_socket_get_name($listener, false);
            $client = stream_socket_client($kind === 'unix' ? $address : "tcp://{$name}", $code, $message, 5);
            check("{$kind} 0", fgets($client), "line 0\n");
            check("{$kind} 1", fgets($client), "line 1\n");
            check("{$kind} 2", fgets($client), "line 2\n");
            check("{$kind} rest", strlen(stream_get_contents($client)), 3_000_000);
            check("{$kind} end", [feof($client), $sent], [true, 3_000_000]);
        });
        check("{$kind} let others run", $ticks > 5 ?: $ticks);
    }

    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $ticks = ticks(static function () use ($a, $b) {
        go(static function () use ($b) { usleep(30_000); fwrite($b, 'pair'); });
        check('pair', fread($a, 100), 'pair');
        stream_set_timeout($a, 0, 30_000);
        check('time-out', [fread($a, 100), stream_get_meta_data($a)['timed_out']], [false, true]);
        go(static function () use ($b) { usleep(30_000); fwrite($b, 'select'); });
        $read = [$a];
        $write = $except = null;
        check('select', [stream_select($read, $write, $except, 5), fread($a, 100)], [1, 'select']);
        $read = [$a];
        check('select in vain', stream_select($read, $write, $except, 0, 20_000), 0);
    });
    check('the pair let others run', $ticks > 5 ?: $ticks);

    $udp = stream_socket_server('udp://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND);
    $ticks = ticks(static function () use ($udp) {
        go(static function () use ($udp) {
            $client = stream_socket_client('udp://' . stream_socket_get_name($udp, false));
            usleep(30_000);
            fwrite($client, 'datagram');
        });
        check('udp', stream_socket_recvfrom($udp, 100), 'datagram');
    });
    check('udp let others run', $ticks > 3 ?: $ticks);

    // Two ways on one connection at once: one reads, one writes.
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $got = 0;
    go(static function () use ($a, &$got) { while (($part = fread($a, 65_536)) !== '' && $part !== false) { $got += strlen($part); } });
    go(static function () use ($b) { while (! feof($b) && fread($b, 65_536) !== '') { } });
    check('both ways', [fwrite($a, str_repeat('y', 1_000_000)), fwrite($b, str_repeat('z', 1_000_000))], [1_000_000, 1_000_000]);
    usleep(50_000);
    check('all came', $got, 1_000_000);
    stream_socket_shutdown($a, STREAM_SHUT_WR);
    stream_socket_shutdown($b, STREAM_SHUT_WR);
});
?>
--EXPECT--
ok: tcp 0
ok: tcp 1
ok: tcp 2
ok: tcp rest
ok: tcp end
ok: tcp let others run
ok: unix 0
ok: unix 1
ok: unix 2
ok: unix rest
ok: unix end
ok: unix let others run
ok: pair
ok: time-out
ok: select
ok: select in vain
ok: the pair let others run
ok: udp
ok: udp let others run
ok: both ways
ok: all came
