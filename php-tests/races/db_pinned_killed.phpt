--TEST--
Db: databases that are killed while coroutines have a connection of their own under load: what belonged to it is never looked for on another one, and all goes on
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'initdb', 'postgres') ?: (extension_loaded('pdo_mysql') && extension_loaded('pdo_pgsql') ? '' : 'skip PDO for both is missing');
?>
--TIMEOUT--
120
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, temp_path, wait_until};
use Highper\Db;
use Highper\Db\ConnectionException;

foreach ([
    'mysql' => [HighperTest\Database::mariaDb(...), 'mysql://root@localhost/test?pool.max=6&socket=' . temp_path('mariadb.sock'), fn (Db $db, int $n) => $db->execute('SET @own = ?', [$n]), 'SELECT @own + 0 * SLEEP(0.001)'],
    'postgres' => [HighperTest\Database::postgres(...), 'postgres://test@localhost/postgres?pool.max=6&host=' . temp_path('postgres'), fn (Db $db, int $n) => $db->fetchValue("SELECT set_config('own.value', ?, false)", ["{$n}"]), "SELECT current_setting('own.value', true)::int FROM pg_sleep(0.001)"],
] as $kind => [$start, $url, $set, $sql]) {
    $server = $start();
    scope(function () use ($server, $url, $kind, $set, $sql) {
        $db = new Db($url);
        $c = (object) ['right' => 0, 'wrong' => [], 'failed' => 0, 'again' => 0, 'other' => [], 'end' => false];
        $work = function (int $n) use ($db, $set, $sql, $c) {
            while (!$c->end) {
                try {
                    $db->pin(function () use ($db, $set, $sql, $n, $c) {
                        $set($db, $n);
                        for ($i = 0; $i < 5; $i++) {
                            try {
                                $got = $db->fetchValue($sql);
                                (int) $got === $n ? $c->right++ : $c->wrong[] = $got;
                            } catch (ConnectionException $e) {
                                $c->failed++;
                                // The session is lost. A program that goes on as if nothing had been must not get somebody else's, or an empty one.
                                usleep(20_000);
                                try {
                                    $c->wrong[] = $db->fetchValue($sql);
                                } catch (ConnectionException) {
                                    $c->again++;
                                }
                                throw $e;
                            }
                        }
                    });
                } catch (ConnectionException) {
                    usleep(2_000);
                } catch (Throwable $e) {
                    $c->other[] = $e::class . ' ' . $e->getMessage();
                    usleep(2_000);
                }
            }
        };
        $tasks = array_map(fn ($n) => async(fn () => $work($n)), range(1, 24));
        for ($round = 0; $round < 3; $round++) {
            $before = $c->right;
            wait_until(fn () => $c->right > $before + 100, 'answers');
            $before = $c->failed;
            $server->kill();
            wait_until(fn () => $c->failed > $before, 'a failure');
            $server->start();
            wait_until(fn () => $c->again === $c->failed, 'the end of those that failed');
        }
        $before = $c->right;
        wait_until(fn () => $c->right > $before + 100, 'answers again');
        $c->end = true;
        await($tasks);
        check("{$kind}: each its own, or nothing", [$c->wrong, $c->other, $c->failed > 3], [[], [], true]);
        check("{$kind}: none is kept", [$db->stats()['taken'], $db->stats()['waiting']], [0, 0]);
    });
}
?>
--EXPECT--
ok: mysql: each its own, or nothing
ok: mysql: none is kept
ok: postgres: each its own, or nothing
ok: postgres: none is kept
