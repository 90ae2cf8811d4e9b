--TEST--
Db: a primary and a replica of PostgreSQL that streams: who answers what, reads of one's own writes, a replica that lags, does not follow, is killed; the replica becomes the primary
--EXTENSIONS--
pdo_pgsql
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Daemon::missing('initdb', 'postgres', 'setpriv');
?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, wait_until};
use Highper\{Db, Transaction};
use Highper\Db\DbException;

$servers = new HighperTest\PostgresPair();
$servers->pdo(0)->exec('CREATE TABLE notes (id int PRIMARY KEY, title text)');
[$primary, $replica] = array_map(fn (int $port) => "127.0.0.1:{$port}", $servers->ports);
$settings = ['driver' => 'pgsql', 'user' => 'test', 'database' => 'postgres', 'pool' => ['max' => 4]];

scope(function () use ($servers, $settings, $primary, $replica) {
    $db = new Db($settings + ['write' => $primary, 'read' => $replica, 'sticky' => 30, 'lag' => 0.5]);
    $who = fn (string $more = ''): string => $db->fetchValue("SELECT pg_is_in_recovery() {$more}") ? 'replica' : 'primary';
    // In a coroutine of its own: what this one has written is nobody else's.
    $apart = fn (callable $do) => await(async($do));
    $answers = fn (string $wanted) => fn () => $apart($who) === $wanted && $apart($who) === $wanted;
    wait_until($answers('replica'), 'the replica has said how far it is', 20);
    check('what only reads', array_unique($apart(fn () => array_map(fn () => $who(), range(1, 5)))), ['replica']);
    check('transactions and what is pinned', $apart(fn () => [$db->transaction(fn (Transaction $tx) => $who()), $db->pin(fn (Db $db) => $who())]), ['primary', 'primary']);
    check("one's own writes are there", $apart(function () use ($db, $who) { $db->insert('notes', ['id' => 1, 'title' => 'one']); return [$db->fetchValue('SELECT title FROM notes WHERE id = 1'), $who()]; }), ['one', 'primary']);
    check('what locks', $apart(fn () => $db->fetchValue('SELECT title FROM notes WHERE id = 1 FOR UPDATE')), 'one');
    check('what was written comes to the replica', wait_until(fn () => $apart(fn () => $who() === 'replica' ? $db->fetchValue('SELECT title FROM notes WHERE id = 1') : null), 'the row at the replica', 20), 'one');
    check('rows as they come', $apart(fn () => iterator_to_array($db->iterate('SELECT pg_is_in_recovery() AS is')))[0]['is']);

    // It lags: what it has received it does not replay.
    $servers->pdo(1)->exec('SELECT pg_wal_replay_pause()');
    $apart(fn () => $db->update('notes', ['title' => 'two'], ['id' => 1]));
    wait_until($answers('primary'), 'one that lags is not asked', 20);
    check('the primary answers', [$apart(fn () => $db->fetchValue('SELECT title FROM notes')), $db->stats()['replicas'][0]['up']], ['two', false]);
    $servers->pdo(1)->exec('SELECT pg_wal_replay_resume()');
    wait_until($answers('replica'), 'one that has caught up is asked', 20);
    check('what it missed is there', $apart(fn () => $db->fetchValue('SELECT title FROM notes')), 'two');

    // It does not follow, and does not know what it misses.
    $servers->follow(false);
    wait_until($answers('primary'), 'one that does not follow is not asked', 20);
    $apart(fn () => $db->update('notes', ['title' => 'three'], ['id' => 1]));
    check('nothing old is read', $apart(fn () => $db->fetchValue('SELECT title FROM notes')), 'three');
    $servers->follow(true);
    wait_until($answers('replica'), 'one that follows again is asked', 20);

    $servers->kill(1);
    check('one that is gone', array_unique($apart(fn () => array_map(fn () => $who(), range(1, 10)))), ['primary']);
    check('is known to be', $db->stats()['replicas'][0]['up'], false);
    $servers->start(1);
    wait_until($answers('replica'), 'one that came back is asked', 20);

    // The primary dies, and the replica takes its place.
    $either = new Db($settings + ['write' => ['host' => [$primary, $replica]], 'connect_timeout' => 2]);
    check('writes', $either->update('notes', ['title' => 'four'], ['id' => 1]), 1);
    wait_until(fn () => $servers->pdo(1)->query('SELECT title FROM notes')->fetchColumn() === 'four', 'the replica has it', 20);
    $servers->kill(0);
    $servers->pdo(1)->exec('SELECT pg_promote()');
    check('go to the other one', wait_until(function () use ($either) { try { return $either->update('notes', ['title' => 'five'], ['id' => 1]); } catch (DbException) { return null; } }, 'writes go to another server', 20), 1);
});
?>
--EXPECT--
ok: what only reads
ok: transactions and what is pinned
ok: one's own writes are there
ok: what locks
ok: what was written comes to the replica
ok: rows as they come
ok: the primary answers
ok: what it missed is there
ok: nothing old is read
ok: one that is gone
ok: is known to be
ok: writes
ok: go to the other one
