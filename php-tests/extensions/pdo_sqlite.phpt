--TEST--
SQLite in coroutines: who waits for another's lock lets the others run
--EXTENSIONS--
highper
pdo_sqlite
sqlite3
--CONFLICTS--
all
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\Proof;
use function HighperTest\{check, temp_path};

$file = temp_path('notes.db');
$connect = static function () use ($file): PDO {
    $pdo = new PDO("sqlite:{$file}", options: [PDO::ATTR_TIMEOUT => 10]);
    $pdo->exec('PRAGMA synchronous = OFF');
    return $pdo;
};
$connect()->exec('CREATE TABLE notes (id INT PRIMARY KEY)');
// One writer at a time: all others are inside sqlite3_step(), asleep.
Proof::interleaved('writers in turn', $connect, static function (PDO $pdo, int $i) {
    $pdo->exec('BEGIN IMMEDIATE');
    $pdo->exec("INSERT INTO notes VALUES ({$i})");
    usleep(5_000);
    $got = $pdo->query("SELECT id FROM notes WHERE id = {$i}")->fetchColumn();
    $pdo->exec('COMMIT');
    return $got;
}, 1);
check('all rows', $connect()->query('SELECT COUNT(*) FROM notes')->fetchColumn(), 20);
$holder = $connect();
$holder->exec('BEGIN EXCLUSIVE');
Proof::timesOut('PDO::ATTR_TIMEOUT', static function () use ($file) {
    $pdo = new PDO("sqlite:{$file}", options: [PDO::ATTR_TIMEOUT => 1]);
    try { $pdo->exec('DELETE FROM notes'); } catch (PDOException $e) { return str_contains($e->getMessage(), 'database is locked') ?: $e->getMessage(); }
});
Proof::timesOut('SQLite3::busyTimeout', static function () use ($file) {
    $db = new SQLite3($file);
    $db->busyTimeout(1000);
    return @$db->exec('DELETE FROM notes') === false && $db->lastErrorMsg() === 'database is locked' ?: $db->lastErrorMsg();
});
// 0.1 s of it for each, at once.
Proof::atOnce('pdo_sqlite', static fn () => new PDO("sqlite:{$file}", options: [PDO::ATTR_TIMEOUT => 0]), static function (PDO $pdo): void {
    $pdo->exec('PRAGMA busy_timeout = 100');
    try { $pdo->exec('DELETE FROM notes'); } catch (PDOException) { return; }
    throw new Exception('no wait');
});
?>
--EXPECT--
ok: writers in turn: each its own answer
ok: writers in turn: at the same time
ok: all rows
ok: PDO::ATTR_TIMEOUT: gives up
ok: PDO::ATTR_TIMEOUT: in time
ok: PDO::ATTR_TIMEOUT: others run meanwhile
ok: SQLite3::busyTimeout: gives up
ok: SQLite3::busyTimeout: in time
ok: SQLite3::busyTimeout: others run meanwhile
ok: pdo_sqlite: 200 without a mistake
ok: pdo_sqlite: 200 × 0.1 s at once
