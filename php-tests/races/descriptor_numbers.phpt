--TEST--
Descriptors whose numbers go from one coroutine to the next: every wait ends, with its own data
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, patience};
use Swoole\Coroutine;
use function Swoole\Coroutine\{go, run};

mt_srand(7);
$done = ['right' => 0, 'wrong' => [], 'closed' => 0, 'cancelled' => 0];
run(static function () use (&$done) {
    for ($i = 0; $i < 40; $i++) {
        go(static function () use ($i, &$done) {
            for ($round = 0; $round < 25; $round++) {
                // Streams and sockets by turns: each closes in a way of its own.
                $isStream = mt_rand(0, 1) === 1;
                if ($isStream) {
                    [$own, $peer] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
                    stream_set_timeout($own, (int) patience(5));
                } else {
                    socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
                    [$own, $peer] = $pair;
                    socket_set_option($own, SOL_SOCKET, SO_RCVTIMEO, ['sec' => (int) patience(5), 'usec' => 0]);
                }
                $write = $isStream ? fwrite(...) : socket_write(...);
                $read = static fn () => $isStream ? fread($own, 100) : @socket_read($own, 100);
                for ($turn = mt_rand(1, 4); $turn > 0; $turn--) {
                    $text = "{$i}, {$round}, {$turn}";
                    go(static function () use ($write, $peer, $text) { usleep(mt_rand(0, 500)); $write($peer, $text); });
                    $got = $read();
                    $got === $text ? $done['right']++ : $done['wrong'][] = [$text, $got];
                }
                // And some wait for what never comes, until the peer goes or somebody ends it.
                $id = Coroutine::getCid();
                $how = mt_rand(0, 2);
                if ($how > 0) {
                    go(static function () use ($how, $id, $isStream, &$peer, &$pair) {
                        usleep(mt_rand(100, 1000));
                        if ($how === 1) {
                            Coroutine::cancel($id);
                        } else {
                            $isStream ? fclose($peer) : socket_shutdown($peer);
                        }
                    });
                    in_array($read(), ['', false], true) ? $done[$how === 1 ? 'cancelled' : 'closed']++ : $done['wrong'][] = $how;
                }
                unset($own, $peer, $pair, $read);
            }
        });
    }
});
check('nothing wrong', $done['wrong'], []);
check('all messages', $done['right'] >= 1000 ?: $done);
check('ends', $done['closed'] > 100 && $done['cancelled'] > 100 ?: $done);
?>
--EXPECT--
ok: nothing wrong
ok: all messages
ok: ends
