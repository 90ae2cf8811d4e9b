--TEST--
Db: PostgreSQL: types, prepared statements, transactions, sessions, errors, cancelled statements, a server that is killed, TLS
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('initdb', 'postgres') ?: (extension_loaded('pdo_pgsql') ? '' : 'skip pdo_pgsql is missing');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, temp_path, wait_until};
use Highper\{Db, Transaction};
use Highper\Db\{ConnectionException, DbException, PoolException, UniqueException};

$server = HighperTest\Database::postgres();
$url = 'postgres://test@localhost/postgres?host=' . temp_path('postgres');
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return preg_replace('~coroutine \d+|/\S*/~', '', $e::class . ' ' . $e->getMessage()); } };
final readonly class Item { public function __construct(public int $id, public string $price, public DateTimeImmutable $madeAt, public array $data, public bool $open) {} }

scope(function () use ($server, $url, $error) {
    $db = new Db("{$url}&pool.max=4&timezone=UTC&name=test");
    $db->execute('CREATE TABLE v (id BIGSERIAL PRIMARY KEY, price NUMERIC(20,4), made_at TIMESTAMPTZ(3), data JSONB, open BOOL, small SMALLINT UNIQUE, f REAL, d DOUBLE PRECISION, day DATE, b BYTEA, text TEXT, list INT[], u UUID, i INTERVAL)');
    $values = ['price' => '12345678901234.5670', 'made_at' => new DateTimeImmutable('2026-01-02 04:04:05.678+01:00'), 'data' => '{"a": 1}', 'open' => true, 'small' => -1, 'f' => 1.1, 'd' => 1e100, 'day' => '2026-12-31', 'b' => "\0\xff\\x", 'text' => 'ä€😀', 'list' => '{1,2}', 'u' => '0b8e5ea3-5f4c-4a39-9d62-1a24f0a93a5c', 'i' => '1 day 02:00:00'];
    check('inserted', $db->insert('v', $values)->lastInsertId, 1);
    $wanted = ['id' => 1, 'made_at' => '2026-01-02 03:04:05.678+00'] + $values;
    $got = $db->fetchOne('SELECT * FROM v WHERE id = ?', [1]);
    check('types', [array_diff_key($got, $wanted), array_filter($got, fn ($value, $key) => $value !== $wanted[$key], ARRAY_FILTER_USE_BOTH)], [[], []]);
    $item = $db->fetchOne('SELECT * FROM v WHERE id = :id AND id = :id', ['id' => 1], as: Item::class);
    check('an object', [$item->price, $item->madeAt->format('H:i:s.v'), $item->data, $item->open], ['12345678901234.5670', '03:04:05.678', ['a' => 1], true]);
    check('values', $db->fetchOne("SELECT ?::int AS a, ?::bool AS b, ?::float8 AS c, ?::text AS d, '{\"x\":1}'::jsonb ?? ? AS e", [null, false, INF, 'x', 'x']), ['a' => null, 'b' => false, 'c' => INF, 'd' => 'x', 'e' => true]);
    $db->execute('ALTER TABLE v ADD extra INT DEFAULT 3');
    check('another table by the same statement', $db->fetchOne('SELECT * FROM v WHERE id = ?', [1])['extra'], 3);
    check('changed', [$db->update('v', ['small' => 2], ['id' => [1, 5]]), $db->execute('DELETE FROM v WHERE id = 99'), $db->query('INSERT INTO v (small) VALUES (3), (4) RETURNING id')->fetchColumn()], [1, 0, [2, 3]]);

    check('committed', $db->transaction(function (Transaction $tx) use ($db) { $tx->insert('v', ['small' => 5]); return $db->fetchValue('SELECT count(*) FROM v'); }), 4);
    check('rolled back', [$error(fn () => $db->transaction(function () use ($db) { $db->delete('v', ['small' => 5]); $db->transaction(fn () => $db->insert('v', ['small' => 6])); throw new LogicException('back'); })), $db->fetchColumn('SELECT small FROM v ORDER BY id')], ['LogicException back', [2, 3, 4, 5]]);
    $db->transaction(function (Transaction $tx) use ($db, $error) { $tx->insert('v', ['small' => 7]); $error(fn () => $db->transaction(fn () => $db->insert('v', ['small' => 7]))); $tx->insert('v', ['small' => 8]); });
    check('a failed savepoint', $db->fetchColumn('SELECT small FROM v WHERE small > 6'), [7, 8]);
    echo $error(fn () => $db->transaction(function () use ($db, $error) { $db->insert('v', ['small' => 9]); $error(fn () => $db->insert('v', ['small' => 9])); })), "\n";
    check('none of it', [$db->fetchColumn('SELECT small FROM v WHERE small > 8'), $db->stats()['taken']], [[], 0]);
    check('pinned', $db->pin(function (Db $db) { $db->execute("SET application_name = 'own'"); $db->execute('CREATE TEMPORARY TABLE own (x INT)'); return [$db->fetchValue('SHOW application_name'), $db->insert('own', ['x' => 1])->affectedRows]; }), ['own', 1]);
    check('the session is as new', [$db->fetchValue('SHOW application_name'), $db->fetchValue('SHOW timezone'), str_starts_with($error(fn () => $db->query('SELECT * FROM own')), DbException::class), $db->stats()['made']], ['test', 'UTC', true, 1]);
    $tries = 0;
    check('once more', $db->transaction(function () use (&$tries, $db) { if (++$tries < 3) { $db->execute("DO \$\$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'again'; END \$\$"); } return $tries; }, attempts: 5), 3);

    foreach ([
        fn () => $db->query('SELECT * FROM nowhere WHERE a = 12'),
        fn () => $db->query("SELEC 'secret'"),
        fn () => $db->insert('v', ['small' => 7, 'text' => 'secret']),
        fn () => $db->insert('v', ['small' => 'secret']),
        fn () => $db->insert('v', ['small' => 99999]),
        fn () => $db->query('COPY v FROM STDIN'),
        fn () => $db->query('SELECT 1; SELECT 2'),
        fn () => (new Db(str_replace('test@', 'nobody@', $url)))->query('SELECT 1'),
        fn () => (new Db(str_replace('/postgres?', '/nodb?', $url)))->query('SELECT 1'),
        fn () => (new Db('postgres://test@127.0.0.1:1/test'))->query('SELECT 1'),
    ] as $do) {
        echo $error($do), "\n";
    }

    check('large', array_map(fn ($n) => strlen($db->fetchValue('SELECT repeat(?, ?::int)', ['x', $n])), [1, 70_000, 20_000_000]), [1, 70_000, 20_000_000]);
    $sum = 0;
    foreach ($db->iterate('SELECT n, ?::text AS s FROM generate_series(1, 20000) n', [str_repeat('z', 50)]) as $row) {
        $sum += $row['n'];
    }
    check('streamed', [$sum, $db->stats()['taken']], [200_010_000, 0]);
    foreach ($db->iterate('SELECT n FROM generate_series(1, 20000) n') as $row) {
        break;
    }
    check('left early', $db->fetchValue('SELECT 1'), 1);

    $running = fn () => (int) $server->pdo()->query("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(60%'")->fetchColumn();
    check('its time is over', $error(fn () => timeout(0.1, fn () => $db->query('SELECT pg_sleep(60)'))), 'Highper\DeadlineException the time for this is over');
    wait_until(fn () => $running() === 0, 'the end of a statement that nobody waits for');
    $task = async(fn () => $db->transaction(fn () => $db->query('SELECT pg_sleep(60), ?::int', [1])));
    wait_until(fn () => $running() === 1, 'a statement that sleeps');
    $task->cancel();
    check('cancelled', str_starts_with($error(fn () => await($task)), 'Highper\CancelledException'));
    wait_until(fn () => $running() === 0, 'the end of a statement that was cancelled');
    $brief = new Db("{$url}&timeout=0.1&pool.max=1");
    echo $error(fn () => $brief->query('SELECT pg_sleep(60)')), "\n";

    check('all are used', count(array_unique(await(array_map(fn ($n) => async(fn () => $db->fetchValue('SELECT pg_backend_pid() FROM pg_sleep(0.05)')), range(1, 8))))) <= 4);
    $server->pdo()->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'");
    wait_until(fn () => $server->pdo()->query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test'")->fetchColumn() == 0, 'the end of connections');
    check('dead ones are replaced unnoticed', array_sum(await(array_map(fn ($n) => async(fn () => $db->fetchValue('SELECT 1')), range(1, 8)))), 8);

    $task = async(fn () => $error(fn () => $db->query('SELECT pg_sleep(60)')));
    $tx = $db->begin();
    $tx->insert('v', ['small' => 100]);
    wait_until(fn () => $running() === 1, 'a statement that sleeps');
    $server->kill();
    echo preg_replace('~Exception \[.*~', 'Exception', await($task)), "\n";
    echo preg_replace('~Exception \[.*~', 'Exception', $error(fn () => $tx->insert('v', ['small' => 101]))), "\n";
    echo preg_replace('~: \S.*~', '', $error(fn () => $tx->insert('v', ['small' => 102]))), "\n";
    $tx->rollback();
    echo $error(fn () => $db->query('SELECT 1')), "\n";
    $server->start();
    check('it is back', $db->fetchColumn('SELECT small FROM v WHERE small >= 100'), []);
});
$server->kill();
$tls = HighperTest\Services::postgreSqlTls(20, $address);
preg_match('~port=(\d+)~', $address, $port);
scope(function () use ($port, $error) {
    $url = "postgres://postgres:secret@localhost:{$port[1]}/postgres";
    check('TLS and SCRAM', (new Db("{$url}?ssl=require"))->fetchOne('SELECT ssl, ?::int AS one FROM pg_stat_ssl WHERE pid = pg_backend_pid()', [1]), ['ssl' => true, 'one' => 1]);
    check('much by TLS', strlen((new Db("{$url}?ssl=prefer"))->fetchValue('SELECT repeat(?, 3000000)', ['y'])), 3_000_000);
    check('a password that is wrong', str_contains($error(fn () => (new Db(str_replace('secret', 'wrong', $url) . '?ssl=require'))->query('SELECT 1')), '[28P01]'));
    echo preg_replace('~TLS: .*~', 'TLS: …', $error(fn () => (new Db("{$url}?ssl=verify"))->query('SELECT 1'))), "\n";
});
?>
--EXPECT--
ok: inserted
ok: types
ok: an object
ok: values
ok: another table by the same statement
ok: changed
ok: committed
ok: rolled back
ok: a failed savepoint
Highper\Db\DbException [25P01] a statement of this transaction has failed, so that nothing of it can be committed
ok: none of it
ok: pinned
ok: the session is as new
ok: once more
Highper\Db\DbException [42P01] relation "nowhere" does not exist, in: SELECT * FROM nowhere WHERE a = ?
Highper\Db\DbException [42601] syntax error at or near "…", in: SELEC ?
Highper\Db\UniqueException [23505] duplicate key value violates unique constraint "v_small_key", in: INSERT INTO "v" ("small", "text") VALUES (?, ?) RETURNING *
Highper\Db\DbException [22P02] invalid input syntax for type smallint: "…", in: INSERT INTO "v" ("small") VALUES (?) RETURNING *
Highper\Db\DbException [22003] value "…" is out of range for type smallint, in: INSERT INTO "v" ("small") VALUES (?) RETURNING *
Highper\Db\DbException [0A000] COPY from and to the client is not supported; insert several rows at once, or copy a file of the server's, in: COPY v FROM STDIN
Highper\Db\DbException [42601] cannot insert multiple commands into a prepared statement, in: SELECT ?; SELECT ?
Highper\Db\ConnectionException [28000] cannot connect to postgres:postgres: role "nobody" does not exist, in: SELECT ?
Highper\Db\ConnectionException [3D000] cannot connect to postgres:nodb: database "nodb" does not exist, in: SELECT ?
Highper\Db\ConnectionException [08006] cannot connect to postgres:test: Connection refused (os error 111), in: SELECT ?
ok: large
ok: streamed
ok: left early
ok: its time is over
ok: cancelled
Highper\Db\DbException [HYT00] it took longer than it may (timeout), in: SELECT pg_sleep(?)
ok: all are used
ok: dead ones are replaced unnoticed
Highper\Db\ConnectionException
Highper\Db\ConnectionException
Highper\Db\ConnectionException [08003] the connection of this transaction is gone, and with it all that it did
Highper\Db\ConnectionException [08006] cannot connect to postgres:postgres: No such file or directory (os error 2), in: SELECT ?
ok: it is back
ok: TLS and SCRAM
ok: much by TLS
ok: a password that is wrong
Highper\Db\ConnectionException [08001] cannot connect to postgres:postgres: TLS: …
