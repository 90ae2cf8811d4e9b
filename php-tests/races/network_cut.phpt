--TEST--
The network breaks anywhere in an answer, by a reset, an end or silence: each client says so in time, none takes half an answer for a whole one or somebody else's, and goes on
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Daemon::missing('memcached', 'beanstalkd', 'redis-server') ?: HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'initdb', 'postgres');
?>
--TIMEOUT--
120
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\{Beanstalk, Db, Http, Memcached, Redis, Tcp, WebSocket};
use HighperTest\{Cut, Daemon, Database, Server};
use function HighperTest\{check, free_port, patience, temp_path, wait_until};

[$memcached, $beanstalkd] = [free_port(), free_port()];
$daemons = [
    Daemon::start([Daemon::find('memcached'), '-l', '127.0.0.1', '-p', (string) $memcached, ...(posix_geteuid() === 0 ? ['-u', 'root'] : [])], "127.0.0.1:{$memcached}"),
    Daemon::start([Daemon::find('beanstalkd'), '-l', '127.0.0.1', '-p', (string) $beanstalkd], "127.0.0.1:{$beanstalkd}"),
];
$redis = HighperTest\Redis::on();
$databases = [Database::mariaDb(), Database::postgres()];
$web = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, WebSocket\Connection, WebSocket\Message};
    exit(Application::create(basePath: __DIR__)
        ->get('/{text}', fn (string $text) => str_repeat($text, 100))
        ->websocket('/echo', fn (Connection $c, Message $m) => $c->send(str_repeat($m->data, 100)), ping: 0)
        ->run([$argv[0], '--workers', '1']));
    PHP);
$text = bin2hex(random_bytes(8));
$long = str_repeat($text, 100);
$time = 0.15;
$options = "timeout={$time}&pool.max=2";
// For each: where its server is, a client for a port, a question for it and a number with what has to come, and the pool's numbers.
$all = [
    'memcached' => [$memcached, fn (int $port) => new Memcached\Client("memcached://127.0.0.1:{$port}?{$options}"),
        function (Memcached\Client $client, int $n) use ($text) {
            $client->set("k{$n}", str_repeat("{$text}{$n}", 50));
            return [$client->get("k{$n}"), str_repeat("{$text}{$n}", 50)];
        }, fn (Memcached\Client $client) => current($client->stats()['servers'])],
    'beanstalkd' => [$beanstalkd, fn (int $port) => new Beanstalk\Client("beanstalk://127.0.0.1:{$port}?{$options}"),
        function (Beanstalk\Client $client, int $n) use ($text) {
            $id = $client->put("{$text}{$n}", 'cut');
            return [$client->peek($id)->data, "{$text}{$n}"];
        }, fn (Beanstalk\Client $client) => $client->stats()],
    'Redis' => [$redis->port, fn (int $port) => new Redis\Client("redis://127.0.0.1:{$port}?{$options}"),
        function (Redis\Client $client, int $n) use ($text) {
            $client->set("k{$n}", str_repeat("{$text}{$n}", 50));
            return [$client->get("k{$n}"), str_repeat("{$text}{$n}", 50)];
        }, fn (Redis\Client $client) => $client->stats()],
    'MySQL' => [temp_path('mariadb.sock'), fn (int $port) => new Db("mysql://root@127.0.0.1:{$port}/test?{$options}"),
        fn (Db $db, int $n) => [$db->fetchColumn('SELECT concat(seq, ?) FROM seq_1_to_30', [$text . $n]), array_map(fn ($i) => "{$i}{$text}{$n}", range(1, 30))], fn (Db $db) => $db->stats()],
    'MySQL, row by row' => [temp_path('mariadb.sock'), fn (int $port) => new Db("mysql://root@127.0.0.1:{$port}/test?{$options}"),
        function (Db $db, int $n) use ($text) {
            $rows = [];
            foreach ($db->iterate('SELECT concat(seq, ?) AS a FROM seq_1_to_30', [$text . $n]) as $row) { $rows[] = $row['a']; }
            return [$rows, array_map(fn ($i) => "{$i}{$text}{$n}", range(1, 30))];
        }, fn (Db $db) => $db->stats()],
    'MySQL, a transaction' => [temp_path('mariadb.sock'), fn (int $port) => new Db("mysql://root@127.0.0.1:{$port}/test?{$options}"),
        fn (Db $db, int $n) => [$db->transaction(fn () => $db->fetchColumn('SELECT concat(seq, ?) FROM seq_1_to_30', [$text . $n])), array_map(fn ($i) => "{$i}{$text}{$n}", range(1, 30))], fn (Db $db) => $db->stats()],
    'PostgreSQL' => [temp_path('postgres') . '/.s.PGSQL.5432', fn (int $port) => new Db("postgres://test@127.0.0.1:{$port}/postgres?{$options}"),
        fn (Db $db, int $n) => [$db->fetchColumn('SELECT i || ? FROM generate_series(1, 30) i', [$text . $n]), array_map(fn ($i) => "{$i}{$text}{$n}", range(1, 30))], fn (Db $db) => $db->stats()],
    'HTTP' => [$web->port, fn (int $port) => [new Http\Client(timeout: $time, pool: 2), $port],
        fn (array $client, int $n) => [$client[0]->get("http://127.0.0.1:{$client[1]}/{$text}{$n}")->body(), str_repeat("{$text}{$n}", 100)],
        fn (array $client) => current($client[0]->stats()['servers'])],
    'HTTP, piece by piece' => [$web->port, fn (int $port) => [new Http\Client(timeout: $time, pool: 2), $port],
        fn (array $client, int $n) => [implode('', iterator_to_array($client[0]->get("http://127.0.0.1:{$client[1]}/{$text}{$n}", stream: true)->stream(), false)), str_repeat("{$text}{$n}", 100)],
        fn (array $client) => current($client[0]->stats()['servers'])],
    'Swoole\Coroutine\Http\Client' => [$web->port, function (int $port) use ($time) {
            $client = new Swoole\Coroutine\Http\Client('127.0.0.1', $port);
            $client->set(['timeout' => $time]);
            return $client;
        }, function (Swoole\Coroutine\Http\Client $client, int $n) use ($text) {
            if (!$client->get("/{$text}{$n}") || $client->statusCode !== 200) {
                throw new Swoole\Exception($client->errMsg);
            }
            return [$client->body, str_repeat("{$text}{$n}", 100)];
        }, null],
    'TCP' => [$beanstalkd, fn (int $port) => new Tcp\Client("127.0.0.1:{$port}", eof: "\r\n", timeout: $time, pool: 2),
        fn (Tcp\Client $client, int $n) => [$client->ask("use {$text}{$n}"), "USING {$text}{$n}"], fn (Tcp\Client $client) => $client->stats()],
    'WebSocket' => [$web->port, fn (int $port) => $port,
        function (int $port, int $n) use ($text, $time) {
            $connection = (new WebSocket\Client("ws://127.0.0.1:{$port}/echo", timeout: $time, connect_timeout: $time, compress: false))->connect();
            $connection->send("{$text}{$n}");
            $message = $connection->receive($time);
            return [$message?->data, str_repeat("{$text}{$n}", 100)];
        }, null],
];
Co\run(function () use ($all, $time) {
    foreach ($all as $kind => [$server, $open, $ask, $stats]) {
        $cut = new Cut($server);
        // How long is what is said to one that asks on a new connection?
        $client = $open($cut->port);
        [$got, $wanted] = $ask($client, 0);
        check("{$kind}: whole", $got === $wanted);
        $length = $cut->passed;
        $numbers = $length < 60 ? range(0, $length - 1) : array_unique([...range(0, 20), ...array_map(fn ($i) => intdiv($i * ($length - 1), 24), range(0, 24)), ...range($length - 5, $length - 1)]);
        $ends = $wrong = [];
        $late = 0;
        foreach (['reset', 'end', 'silence'] as $how) {
            foreach ($how === 'silence' ? array_filter($numbers, fn ($key) => $key % 16 === 0, ARRAY_FILTER_USE_KEY) : $numbers as $after) {
                [$cut->after, $cut->how] = [$after, $how];
                $client = $open($cut->port);
                $since = microtime(true);
                try {
                    [$got, $wanted] = $ask($client, $after);
                    // What was all there before the end, or was asked for again.
                    $got === $wanted || $wrong[] = [$how, $after, $got];
                } catch (Throwable $e) {
                    $ends[substr(strrchr($e::class, '\\'), 1)] = 1;
                }
                $late += microtime(true) - $since > patience(10 * $time + 1) ? 1 : 0;
                // The same client, now that the way is good.
                $cut->after = PHP_INT_MAX;
                [$got, $wanted] = $ask($client, 1000 + $after);
                $got === $wanted || $wrong[] = ['after that', $how, $after, $got];
                if ($stats && $stats($client)['taken'] ?? 0) { $wrong[] = ['not given back', $how, $after]; }
            }
        }
        ksort($ends);
        check("{$kind}: broken", [$cut->broken > count($numbers), $wrong, $late], [true, [], 0]);
        echo implode(', ', array_keys($ends)), "\n";
        $cut->close();
        unset($client);
    }
});
echo "done\n";
$web->stop();
?>
--EXPECT--
ok: memcached: whole
ok: memcached: broken
ConnectionException, MemcachedException
ok: beanstalkd: whole
ok: beanstalkd: broken
BeanstalkException, ConnectionException
ok: Redis: whole
ok: Redis: broken
ConnectionException, RedisException
ok: MySQL: whole
ok: MySQL: broken
ConnectionException, DbException
ok: MySQL, row by row: whole
ok: MySQL, row by row: broken
ConnectionException, DbException
ok: MySQL, a transaction: whole
ok: MySQL, a transaction: broken
ConnectionException, DbException
ok: PostgreSQL: whole
ok: PostgreSQL: broken
ConnectionException, DbException
ok: HTTP: whole
ok: HTTP: broken
ClientConnectException, ClientTimeoutException
ok: HTTP, piece by piece: whole
ok: HTTP, piece by piece: broken
ClientConnectException, ClientTimeoutException
ok: Swoole\Coroutine\Http\Client: whole
ok: Swoole\Coroutine\Http\Client: broken
Exception
ok: TCP: whole
ok: TCP: broken
ClientConnectException, ClientTimeoutException
ok: WebSocket: whole
ok: WebSocket: broken
ClientConnectException, ClientTimeoutException
done
