--TEST--
Db: databases that are killed and come back while many coroutines use them: clear errors, no answer of another, and all goes on
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'initdb', 'postgres') ?: (extension_loaded('pdo_mysql') && extension_loaded('pdo_pgsql') ? '' : 'skip PDO for both is missing');
?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, temp_path, wait_until};
use Highper\Db;
use Highper\Db\ConnectionException;

foreach ([
    'mysql' => [HighperTest\Database::mariaDb(...), 'mysql://root@localhost/test?pool.max=6&socket=' . temp_path('mariadb.sock'), 'SELECT ? + 0 * SLEEP(0.001)'],
    'postgres' => [HighperTest\Database::postgres(...), 'postgres://test@localhost/postgres?pool.max=6&host=' . temp_path('postgres'), 'SELECT ?::int FROM pg_sleep(0.001)'],
] as $kind => [$start, $url, $sql]) {
    $server = $start();
    scope(function () use ($server, $url, $kind, $sql) {
        $db = new Db($url);
        $db->execute('CREATE TABLE n (v INT)');
        $c = (object) ['right' => 0, 'wrong' => 0, 'failed' => 0, 'other' => [], 'end' => false];
        $work = function (int $n) use ($db, $sql, $c) {
            while (!$c->end) {
                try {
                    if ($n % 4 === 0) {
                        $got = $db->transaction(function ($tx) use ($db, $sql, $n) { $tx->insert('n', ['v' => $n]); return (int) $db->fetchValue($sql, [$n]); });
                    } else {
                        $got = (int) $db->fetchValue($sql, [$n]);
                    }
                    $got === $n ? $c->right++ : $c->wrong++;
                } catch (ConnectionException) {
                    $c->failed++;
                    usleep(2_000);
                } catch (Throwable $e) {
                    $c->other[] = $e::class . ' ' . $e->getMessage();
                    usleep(2_000);
                }
            }
        };
        $tasks = array_map(fn ($n) => async(fn () => $work($n)), range(1, 24));
        for ($round = 0; $round < 2; $round++) {
            $before = $c->right;
            wait_until(fn () => $c->right > $before + 100, 'answers');
            $server->kill();
            $before = $c->failed;
            wait_until(fn () => $c->failed > $before + 24, 'failures');
            $server->start();
        }
        $before = $c->right;
        wait_until(fn () => $c->right > $before + 100, 'answers again');
        $c->end = true;
        await($tasks);
        check($kind, [$c->wrong, $c->other, $db->stats()['taken'], $db->stats()['waiting'], $db->stats()['idle'] <= 6], [0, [], 0, 0, true]);
    });
}
?>
--EXPECT--
ok: mysql
ok: postgres
