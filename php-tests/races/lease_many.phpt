--TEST--
Many coroutines on few connections, some cancelled in the middle: each gets its own answer or an error
--EXTENSIONS--
highper
redis
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\Coroutine;
use function Swoole\Coroutine\{go, run};

run(static function () {
    mt_srand(7);
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
    $server = go(static function () use ($listener) {
        while ($peer = @stream_socket_accept($listener, 30)) {
            go(static function () use ($peer) {
                while (is_string($line = fgets($peer))) {
                    for ($left = (int) substr($line, 1), $words = []; $left > 0; $left--) {
                        fgets($peer);
                        $words[] = rtrim((string) fgets($peer));
                    }
                    usleep(mt_rand(0, 2_000));
                    @fwrite($peer, '$' . strlen(end($words)) . "\r\n" . end($words) . "\r\n");
                }
            });
        }
    });
    $connections = [];
    for ($i = 0; $i < 5; $i++) {
        $connections[$i] = new Redis();
        $connections[$i]->connect('127.0.0.1', $port);
    }
    $count = ['own' => 0, 'refused' => 0, 'broken' => 0];
    $wrong = [];
    $group = new Coroutine\WaitGroup();
    for ($i = 0; $i < 60; $i++) {
        $group->add();
        $ids[] = go(static function () use ($i, $connections, $group, &$count, &$wrong) {
            for ($turn = 0; $turn < 30; $turn++) {
                $key = "key:{$i}:{$turn}";
                try {
                    $got = $connections[mt_rand(0, 4)]->get($key);
                    $count[$got === $key ? 'own' : 'broken']++;
                    if ($got !== $key && $got !== false) {
                        $wrong[] = "{$key}: {$got}";
                    }
                } catch (Swoole\Error) {
                    $count['refused']++;
                } catch (RedisException) {
                    $count['broken']++;
                }
                usleep(mt_rand(0, 3_000));
            }
            $group->done();
        });
    }
    go(static function () use ($ids) {
        for ($i = 0; $i < 100; $i++) {
            usleep(1_000);
            Coroutine::cancel($ids[array_rand($ids)]);
        }
    });
    $group->wait();
    check('nobody got another answer', $wrong, []);
    check('some were served, some refused', $count['own'] > 0 && $count['refused'] > 0 ?: $count);
    $last = [];
    foreach ($connections as $i => $redis) {
        try {
            $last[] = $redis->get("last:{$i}");
        } catch (RedisException) {
            $redis->connect('127.0.0.1', $port);
            $last[] = $redis->get("last:{$i}");
        }
    }
    check('no connection is left taken', $last, array_map(static fn ($i) => "last:{$i}", range(0, 4)));
    Coroutine::cancel($server);
});
?>
--EXPECT--
ok: nobody got another answer
ok: some were served, some refused
ok: no connection is left taken
