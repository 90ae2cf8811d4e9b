--TEST--
Db: servers that send garbage, hang up in the middle of a result or never answer; rows of 64 MB
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('initdb', 'postgres') ?: (extension_loaded('pdo_pgsql') ? '' : 'skip pdo_pgsql is missing');
?>
--INI--
memory_limit=512M
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, temp_path, wait_until};
use Highper\Db;
use Highper\Db\{ConnectionException, DbException};

/** A server that does as $serve says with each connection; on a port of its own. */
$listen = function (callable $serve): int {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    async(function () use ($listener, $serve) {
        while ($connection = @stream_socket_accept($listener, 30)) {
            async(fn () => $serve($connection));
        }
    });
    return (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
};
$fails = function (callable $do): string {
    try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class; }
};
$tasks = [];
try {
    scope(function () use ($listen, $fails) {
        mt_srand(7);
        $greeting = "\x4a\0\0\0\x0a5.5.5-10.11\0\x01\0\0\0abcdefgh\0\xfe\xf7\x2d\x02\0\xff\x81\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0mysql_native_password\0";
        $greeting = pack('V', strlen($greeting) - 4) . substr($greeting, 4);
        $greeting[3] = "\0";
        $ok = "\x07\0\0\x02\0\0\0\x02\0\0\0";
        $said = ['', "\0", "HTTP/1.1 400 Bad Request\r\n\r\n", "\xff\xff\xff\0", "\xff\xff\xff\x7fR", "R\xff\xff\xff\xff", "R\0\0\0\0", "\x05\0\0\0\x0a5.5\0", "\x01\0\0\0\xff", "E\0\0\0\x05\0", $greeting, substr($greeting, 0, 20),
            "{$greeting}{$ok}", "{$greeting}\x01\0\0\x02\xfe", "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0R\0\0\0\x0c\0\0\0\x0br=,s"];
        for ($n = 0; $n < 100; $n++) {
            $said[] = random_bytes(mt_rand(1, 60));
            $said[] = "{$greeting}{$ok}" . substr(pack('V', $n % 50), 0, 3) . chr(mt_rand(0, 3)) . random_bytes(mt_rand(1, 60));
            $said[] = "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I" . ['1', 't', 'T', 'D', 'C', 'E', 'Z', 'G'][$n % 8] . pack('N', mt_rand(0, 40)) . random_bytes(mt_rand(1, 60));
        }
        $at = 0;
        $port = $listen(function ($connection) use (&$at, $said) { fwrite($connection, $said[$at]); usleep(2000); fclose($connection); });
        $seen = [];
        foreach ($said as $at => $bytes) {
            foreach (['mysql', 'postgres'] as $kind) {
                $db = new Db("{$kind}://x:y@127.0.0.1:{$port}/z?pool.max=1&timeout=1&connect_timeout=1");
                $end = $fails(fn () => $db->fetchAll('SELECT ?', [1]));
                $seen[$end] = 1;
                if ($db->stats()['taken'] !== 0) {
                    echo "a connection was not given back\n";
                }
            }
        }
        ksort($seen);
        check('garbage', array_values(array_diff(array_keys($seen), [ConnectionException::class, DbException::class, 'nothing'])), []);

        $silent = $listen(function ($connection) { usleep(200_000); fclose($connection); });
        foreach (['mysql', 'postgres'] as $kind) {
            check("{$kind}: no greeting", $fails(fn () => (new Db("{$kind}://x@127.0.0.1:{$silent}/z?connect_timeout=0.05"))->query('SELECT 1')), ConnectionException::class);
            check("{$kind}: no greeting, and no time", $fails(fn () => timeout(0.05, fn () => (new Db("{$kind}://x@127.0.0.1:{$silent}/z"))->query('SELECT 1'))), 'Highper\DeadlineException');
        }

        $server = HighperTest\Database::postgres();
        $socket = temp_path('postgres') . '/.s.PGSQL.5432';
        $cut = PHP_INT_MAX;
        $proxy = $listen(function ($client) use ($socket, &$cut) {
            $up = stream_socket_client("unix://{$socket}");
            async(function () use ($client, $up) { while (($bytes = fread($client, 8192)) !== '' && $bytes !== false) { @fwrite($up, $bytes); } });
            $sent = 0;
            while (($bytes = @fread($up, 8192)) !== '' && $bytes !== false) {
                $bytes = substr($bytes, 0, max(0, $cut - $sent));
                $sent += strlen($bytes);
                if ($bytes !== '') { @fwrite($client, $bytes); }
                if ($sent >= $cut) { break; }
            }
            fclose($client);
        });
        $db = new Db("postgres://test@127.0.0.1:{$proxy}/postgres?pool.max=2");
        check('through a proxy', $db->fetchValue('SELECT count(*) FROM generate_series(1, 1000)'), 1000);
        $db->disconnect();
        $ends = [];
        foreach ([0, 1, 20, 300, 500, 700, 5000, 20_000, 100_000] as $cut) {
            $ends[] = $fails(fn () => $db->fetchAll('SELECT n, repeat(?, 100) FROM generate_series(1, 1000) n', ['x']));
            $ends[] = $fails(function () use ($db) { foreach ($db->iterate('SELECT n, repeat(?, 100) FROM generate_series(1, 1000) n', ['x']) as $row); });
        }
        $cut = PHP_INT_MAX;
        check('cut off', array_unique($ends), [ConnectionException::class]);
        check('and there again', [$db->fetchValue('SELECT 7'), $db->stats()['taken']], [7, 0]);

        $direct = new Db('postgres://test@localhost/postgres?host=' . temp_path('postgres'));
        $direct->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
        wait_until(fn () => $direct->fetchValue("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") === 1, 'the end of connections');
        usleep(20_000);
        check('ended with a message while nobody used it', $db->fetchValue('SELECT 8'), 8);
        check('64 MB', strlen($direct->fetchValue("SELECT repeat('x', 64 * 1024 * 1024)")), 64 * 1024 * 1024);
        check('64 MB there and back', $direct->fetchValue('SELECT length(?::text)', [str_repeat('y', 64 * 1024 * 1024)]), 64 * 1024 * 1024);
        throw new LogicException('done');
    });
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: garbage
ok: mysql: no greeting
ok: mysql: no greeting, and no time
ok: postgres: no greeting
ok: postgres: no greeting, and no time
ok: through a proxy
ok: cut off
ok: and there again
ok: ended with a message while nobody used it
ok: 64 MB
ok: 64 MB there and back
done
