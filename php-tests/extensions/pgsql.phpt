--TEST--
The pgsql extension in coroutines: answers, asynchronous queries, notifications, waits at once
--EXTENSIONS--
highper
pgsql
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('postgres', 'initdb', 'setpriv'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};

$daemon = Services::postgreSql(250);
$connect = static fn () => pg_connect('host=' . dirname($daemon->socket) . ' user=postgres', PGSQL_CONNECT_FORCE_NEW);
Proof::interleaved('queries', $connect, static fn ($db, int $i) => (int) pg_fetch_result(pg_query($db, "SELECT {$i}, pg_sleep(0.1)"), 0, 0));
Proof::interleaved('prepared', $connect, static function ($db, int $i) {
    pg_prepare($db, 'one', 'SELECT $1::int, pg_sleep(0.1)');
    return (int) pg_fetch_result(pg_execute($db, 'one', [$i]), 0, 0);
});
Proof::interleaved('asynchronous', $connect, static function ($db, int $i) {
    pg_send_query($db, "SELECT {$i}, pg_sleep(0.1)");
    return (int) pg_fetch_result(pg_get_result($db), 0, 0);
});
Proof::interleaved('its socket', $connect, static function ($db, int $i) {
    pg_send_query($db, "SELECT {$i}, pg_sleep(0.1)");
    $read = [pg_socket($db)];
    $write = $except = null;
    do {
        if (stream_select($read, $write, $except, 5) !== 1) { return 'nothing came'; }
        pg_consume_input($db);
        $read = [pg_socket($db)];
    } while (pg_connection_busy($db));
    return (int) pg_fetch_result(pg_get_result($db), 0, 0);
});
Proof::interleaved('connecting without waiting', static fn () => pg_connect('host=' . dirname($daemon->socket) . ' user=postgres', PGSQL_CONNECT_ASYNC | PGSQL_CONNECT_FORCE_NEW), static function ($db, int $i) {
    while (! in_array(pg_connect_poll($db), [PGSQL_POLLING_OK, PGSQL_POLLING_FAILED])) { usleep(1000); }
    return (int) pg_fetch_result(pg_query($db, "SELECT {$i}, pg_sleep(0.1)"), 0, 0);
});
Proof::atOnce('pgsql', $connect, static fn ($db) => pg_query($db, 'SELECT pg_sleep(0.1)'));
Proof::timesOut('connect_timeout', static fn (string $host, int $port) => @pg_connect("host={$host} port={$port} user=x connect_timeout=2") === false, 2);
?>
--EXPECT--
ok: queries: each its own answer
ok: queries: at the same time
ok: prepared: each its own answer
ok: prepared: at the same time
ok: asynchronous: each its own answer
ok: asynchronous: at the same time
ok: its socket: each its own answer
ok: its socket: at the same time
ok: connecting without waiting: each its own answer
ok: connecting without waiting: at the same time
ok: pgsql: 200 without a mistake
ok: pgsql: 200 × 0.1 s at once
ok: connect_timeout: gives up
ok: connect_timeout: in time
ok: connect_timeout: others run meanwhile
