--TEST--
PDO's PostgreSQL driver in coroutines: answers, waits at once, time-outs
--EXTENSIONS--
highper
pdo_pgsql
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
use function HighperTest\check;

$daemon = Services::postgreSql(250);
$connect = static fn () => new PDO('pgsql:host=' . dirname($daemon->socket), 'postgres');
Proof::interleaved('queries', $connect, static fn (PDO $pdo, int $i) => (int) $pdo->query("SELECT {$i}, pg_sleep(0.1)")->fetchColumn());
Proof::interleaved('prepared', $connect, static function (PDO $pdo, int $i) {
    $statement = $pdo->prepare('SELECT CAST(? AS integer), pg_sleep(0.1)');
    $statement->execute([$i]);
    return $statement->fetchColumn();
});
$pdo = $connect();
$pdo->exec('CREATE TABLE notes (id int PRIMARY KEY, body text)');
Proof::interleaved('transactions and COPY', $connect, static function (PDO $pdo, int $i) {
    $pdo->beginTransaction();
    $pdo->pgsqlCopyFromArray('notes', ["{$i}\t" . str_repeat((string) $i, 40_000)]);
    $pdo->query('SELECT pg_sleep(0.1)');
    $pdo->commit();
    [$row] = $pdo->pgsqlCopyToArray("(SELECT id, body FROM notes WHERE id = {$i})");
    return $row === "{$i}\t" . str_repeat((string) $i, 40_000) . "\n" ? $i : substr($row, 0, 20);
});
check('all rows', $pdo->query('SELECT count(*) FROM notes')->fetchColumn(), 20);
Proof::interleaved('large objects', $connect, static function (PDO $pdo, int $i) {
    $pdo->beginTransaction();
    $stream = $pdo->pgsqlLOBOpen($oid = $pdo->pgsqlLOBCreate(), 'w');
    fwrite($stream, str_repeat("{$i} ", 20_000));
    $stream = null;
    $pdo->query('SELECT pg_sleep(0.1)');
    $got = stream_get_contents($pdo->pgsqlLOBOpen($oid));
    $pdo->commit();
    return $got === str_repeat("{$i} ", 20_000) ? $i : strlen($got);
});
Proof::interleaved('notifications', $connect, static function (PDO $pdo, int $i) use ($connect) {
    $pdo->exec("LISTEN channel{$i}");
    go(static function () use ($connect, $i) { usleep(100_000); $connect()->exec("NOTIFY channel{$i}, '{$i}'"); });
    return (int) $pdo->pgsqlGetNotify(PDO::FETCH_ASSOC, 5000)['payload'];
});
Proof::atOnce('pdo_pgsql', $connect, static fn (PDO $pdo) => $pdo->query('SELECT pg_sleep(0.1)'));
Proof::timesOut('PDO::ATTR_TIMEOUT', static function (string $host, int $port) {
    try { new PDO("pgsql:host={$host} port={$port}", 'x', 'x', [PDO::ATTR_TIMEOUT => 2]); } catch (PDOException $e) { return str_contains($e->getMessage(), 'timeout') ?: $e->getMessage(); }
}, 2);
Proof::timesOut('statement_timeout', static function () use ($connect) {
    $pdo = $connect();
    $pdo->exec("SET statement_timeout = '500ms'");
    try { $pdo->query('SELECT pg_sleep(10)'); } catch (PDOException $e) { return $e->getCode() === '57014'; }
}, 0.5);
?>
--EXPECT--
ok: queries: each its own answer
ok: queries: at the same time
ok: prepared: each its own answer
ok: prepared: at the same time
ok: transactions and COPY: each its own answer
ok: transactions and COPY: at the same time
ok: all rows
ok: large objects: each its own answer
ok: large objects: at the same time
ok: notifications: each its own answer
ok: notifications: at the same time
ok: pdo_pgsql: 200 without a mistake
ok: pdo_pgsql: 200 × 0.1 s at once
ok: PDO::ATTR_TIMEOUT: gives up
ok: PDO::ATTR_TIMEOUT: in time
ok: PDO::ATTR_TIMEOUT: others run meanwhile
ok: statement_timeout: gives up
ok: statement_timeout: in time
ok: statement_timeout: others run meanwhile
