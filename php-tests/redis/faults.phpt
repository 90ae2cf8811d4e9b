--TEST--
Redis\Client: a server that is killed, restarted, full, silent, sends garbage or hangs up; wrong passwords; a server that dies in the middle of a transaction
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, wait_until};
use Highper\Redis\{Client, ConnectionException, Pipeline, RedisException};

$server = HighperTest\Redis::on('--requirepass', 'secret', '--maxclients', '12');
$listen = function (callable $serve): int {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    async(function () use ($listener, $serve) { while ($connection = @stream_socket_accept($listener, 30)) { async(fn () => $serve($connection)); } });
    return (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
};
$error = function (callable $do) use ($server): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . preg_replace(['~127.0.0.1:\d+~', '~(?<=HELLO )<proto> ~', '~ \(os error \d+\)~', '~(?<=HOST: )(Connection reset by peer|the server has closed the connection|Broken pipe)~'], ['HOST', '', '', 'gone'], $e->getMessage()); } };
try {
    scope(function () use ($server, $listen, $error) {
        $url = "redis://:secret@127.0.0.1:{$server->port}";
        $redis = new Client($url);
        $redis->set('k', 1);
        echo $error(fn () => (new Client("redis://127.0.0.1:{$server->port}"))->ping()), "\n";
        echo $error(fn () => (new Client("redis://:wrong@127.0.0.1:{$server->port}"))->ping()), "\n";
        echo $error(fn () => (new Client("redis://ann:secret@127.0.0.1:{$server->port}/1"))->ping()), "\n";
        echo $error(fn () => (new Client("{$url}/99"))->ping()), "\n";
        echo $error(fn () => (new Client('redis://127.0.0.1:1'))->ping()), "\n";
        echo $error(fn () => (new Client('redis://no.such.host.invalid'))->ping()), "\n";

        for ($round = 0; $round < 3; $round++) {
            // At rest: replaced unnoticed.
            $server->kill();
            $server->start();
            check('restarted at rest', [$redis->get('k'), $redis->set('k', 1)], [null, true]);
        }
        check('for many at the same time', array_unique(array_map(await(...), array_map(fn () => async(fn () => $redis->get('k')), range(1, 50)))), ['1']);
        $server->kill();
        // What was used a moment ago is used again without a look, unless the loop was told of its end.
        usleep(20_000);
        $all = array_map(fn () => async(fn () => $error(fn () => $redis->get('k'))), range(1, 20));
        check('gone', array_unique(array_map(await(...), $all)), ['Highper\Redis\ConnectionException cannot connect to Redis at HOST: Connection refused']);
        $server->start();
        check('back', $redis->get('k'), null);

        // In the middle of a transaction: whether it was done is unknown, and said.
        $server->signal(SIGSTOP);
        $task = async(fn () => $error(fn () => $redis->transaction(fn (Pipeline $tx) => $tx->set('a', 1)->set('b', 2))));
        $other = async(fn () => $error(fn () => $redis->get('a')));
        usleep(20_000);
        $server->kill();
        check('killed in a transaction', [await($task), await($other)], array_fill(0, 2, 'Highper\Redis\ConnectionException Redis at HOST: gone'));
        $server->start();
        check('a watched key', $error(fn () => $redis->transaction(function (Pipeline $tx) use ($server) { $server->kill(); $server->start(); $tx->set('a', 1); }, watch: 'a')), 'Highper\Redis\ConnectionException Redis at HOST: gone');
        check('nothing was done', $redis->exists('a', 'b'), 0);

        $crowd = [];
        for ($i = 0; $i < 15; $i++) { $crowd[] = new Client($url); $last = $error(fn () => end($crowd)->ping()); }
        check('no more than it takes', (bool) preg_match('~cannot connect to Redis at HOST: (ERR max number of clients reached|gone)$~', $last));
        unset($crowd);

        // What a server may say.
        mt_srand(3);
        $said = ['', "\0", "HTTP/1.1 400 Bad Request\r\n\r\n", "$", "$5\r\nab", "*2\r\n+OK\r\n", "%1\r\n+a\r\n", "$99999999999\r\n", "+OK\r\n+OK\r\n+OK\r\n", ">2\r\n+a\r\n+b\r\n", "-ERR max number of clients reached\r\n", str_repeat("*1\r\n", 200)];
        for ($i = 0; $i < 150; $i++) {
            $said[] = random_bytes(mt_rand(1, 40));
            $said[] = ['+OK', '$3', '*2', '%1', '-ERR', ':1', '>1', '|1', ',1', '#t'][$i % 10] . "\r\n" . substr(random_bytes(20), mt_rand(0, 20)) . "\r\n";
        }
        $at = 0;
        $port = $listen(function ($connection) use (&$at, $said) { fwrite($connection, $said[$at]); usleep(1000); fclose($connection); });
        $seen = [];
        foreach ($said as $at => $bytes) {
            $got = (new ReflectionClass(ConnectionException::class))->name;
            try { (new Client("redis://127.0.0.1:{$port}?connect_timeout=1"))->get('k'); $got = 'an answer'; } catch (RedisException $e) { $got = $e::class; }
            $seen[$got] = ($seen[$got] ?? 0) + 1;
        }
        check('garbage', array_diff(array_keys($seen), [ConnectionException::class, RedisException::class]), []);
        $port = $listen(function ($connection) { usleep(500_000); });
        echo $error(fn () => (new Client("redis://127.0.0.1:{$port}?connect_timeout=0.02"))->ping()), "\n";
        $port = $listen(function ($connection) { fread($connection, 100); fwrite($connection, "%1\r\n+proto\r\n:3\r\n"); fread($connection, 100); fwrite($connection, "$10\r\nhalf"); fclose($connection); });
        echo $error(fn () => (new Client("redis://127.0.0.1:{$port}"))->get('k')), "\n";
        throw new LogicException('over');
    });
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
Highper\Redis\ConnectionException cannot connect to Redis at HOST: NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
Highper\Redis\ConnectionException cannot connect to Redis at HOST: WRONGPASS invalid username-password pair or user is disabled.
Highper\Redis\ConnectionException cannot connect to Redis at HOST: WRONGPASS invalid username-password pair or user is disabled.
Highper\Redis\ConnectionException cannot connect to Redis at HOST: ERR DB index is out of range
Highper\Redis\ConnectionException cannot connect to Redis at HOST: Connection refused
Highper\Redis\ConnectionException cannot connect to Redis at no.such.host.invalid:6379: its host's name has no address
ok: restarted at rest
ok: restarted at rest
ok: restarted at rest
ok: for many at the same time
ok: gone
ok: back
ok: killed in a transaction
ok: a watched key
ok: nothing was done
ok: no more than it takes
ok: garbage
Highper\Redis\ConnectionException cannot connect to Redis at HOST: it took longer than 0.02 s (connect_timeout)
Highper\Redis\ConnectionException Redis at HOST: gone
over
