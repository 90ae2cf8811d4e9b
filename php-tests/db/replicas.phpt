--TEST--
Db: a primary and replicas: who answers what, reads of one's own writes, replicas that lag, fail and come back, another primary
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db') ?: (extension_loaded('pdo_mysql') ? '' : 'skip pdo_mysql is missing');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, wait_until};
use Highper\{Db, Transaction};
use Highper\Db\DbException;

$servers = new HighperTest\MariaDbGroup(3);
// A table whose row is another one on each server.
$servers->pdo(0)->exec('CREATE TABLE test.notes (id INT PRIMARY KEY, title TEXT)');
foreach ([0, 1, 2] as $i) {
    wait_until(fn () => $servers->pdo($i)->query("SHOW TABLES FROM test LIKE 'notes'")->fetchAll() !== [], 'the table is there');
    $servers->pdo($i)->exec("SET sql_log_bin = 0; CREATE TABLE test.who (name TEXT); INSERT INTO test.who VALUES ('server {$i}')");
}
[$primary, $one, $two] = array_map(fn (int $port) => "127.0.0.1:{$port}", $servers->ports);
$settings = ['driver' => 'mysql', 'user' => 'test', 'database' => 'test', 'pool' => ['max' => 4]];
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . preg_replace(['~127.0.0.1:\d+~', '~ \(os error \d+\)~'], ['HOST', ''], $e->getMessage()); } };

scope(function () use ($servers, $settings, $primary, $one, $two, $error) {
    $db = new Db($settings + ['write' => $primary, 'read' => [$one, ['host' => '127.0.0.1', 'port' => $servers->ports[2], 'weight' => 3]], 'sticky' => 30]);
    $who = fn (Db $db, string $more = ''): string => $db->fetchValue("SELECT name FROM who {$more}");
    // In a coroutine of its own: what this one has written is nobody else's.
    $apart = fn (callable $do) => await(async($do));
    wait_until(function () use ($apart, $who, $db) { $seen = array_unique($apart(fn () => array_map(fn () => $who($db), range(1, 8)))); sort($seen); return $seen === ['server 1', 'server 2']; }, 'both replicas have said how far they are');
    $turns = array_count_values($apart(fn () => array_map(fn () => $who($db), range(1, 8))));
    ksort($turns);
    check('in turn, by weight', $turns, ['server 1' => 2, 'server 2' => 6]);
    check('what locks', $apart(fn () => $who($db, 'FOR UPDATE')), 'server 0');
    check('what asks for the session', $apart(fn () => $db->fetchColumn('SELECT concat(name, ifnull(@x, 1)) FROM who')), ['server 01']);
    check('transactions', $apart(fn () => $db->transaction(fn (Transaction $tx) => [$who($db), $tx->fetchValue('SELECT name FROM who')])), ['server 0', 'server 0']);
    check('pinned', $apart(fn () => $db->pin(fn (Db $db) => $who($db))), 'server 0');
    check('rows as they come', $apart(fn () => iterator_to_array($db->iterate('SELECT name FROM who'))[0]['name'] !== 'server 0'));
    check('put together', $apart(fn () => $db->table('who')->value('name') !== 'server 0' && $db->table('who')->lockForUpdate()->value('name') === 'server 0'));

    check('one\'s own writes are there', $apart(function () use ($db, $who) { $db->insert('notes', ['id' => 1, 'title' => 'one']); return [$db->fetchValue('SELECT title FROM notes WHERE id = 1'), $who($db)]; }), ['one', 'server 0']);
    check('also those of a child', $apart(function () use ($db, $who) { await(async(fn () => $db->update('notes', ['title' => 'uno'], ['id' => 1]))); return $who($db); }), 'server 0');
    check('also those of a transaction', $apart(function () use ($db, $who) { $db->transaction(fn () => $db->update('notes', ['title' => 'one'], ['id' => 1])); return $who($db); }), 'server 0');
    check('others go on', $apart(fn () => $who($db) !== 'server 0'));
    $loose = new Db($settings + ['write' => $primary, 'read' => $one, 'sticky' => 0, 'lag' => 0]);
    check('unless that is not wanted', $apart(function () use ($loose, $who) { $loose->update('notes', ['title' => 'two'], ['id' => 1]); return $who($loose); }), 'server 1');

    // One stops to follow, the other is gone: the primary answers.
    $servers->pdo(1)->exec('STOP SLAVE');
    wait_until(fn () => ! in_array('server 1', $apart(fn () => array_map(fn () => $who($db), range(1, 5))), true), 'one that does not follow is not asked');
    $servers->kill(2);
    check('one that is gone', $apart(fn () => array_unique(array_map(fn () => $who($db), range(1, 20)))), ['server 0']);
    check('is known to be', array_column($db->stats()['replicas'], 'up'), [false, false]);
    $servers->start(2);
    $servers->pdo(1)->exec('START SLAVE');
    wait_until(function () use ($apart, $who, $db) { $seen = array_unique($apart(fn () => array_map(fn () => $who($db), range(1, 8)))); sort($seen); return $seen === ['server 1', 'server 2']; }, 'both are asked again', 20);

    // The primary is one that can be written to, whichever it is.
    $found = new Db($settings + ['write' => ['host' => [$one, $primary]], 'connect_timeout' => 2]);
    check('found', [$who($found), $found->update('notes', ['title' => 'three'], ['id' => 1])], ['server 0', 1]);
    $servers->kill(0);
    echo $error(fn () => (new Db($settings + ['write' => ['host' => [$one, $primary]]]))->fetchValue('SELECT 1')), "\n";
    $servers->pdo(1)->exec('STOP SLAVE; SET GLOBAL read_only = 0');
    check('another one now', [wait_until(function () use ($found) { try { return $found->insert('notes', ['id' => 2, 'title' => 'two'])->affectedRows; } catch (DbException) { return null; } }, 'writes go to another server'), $who($found)], [1, 'server 1']);
    // It comes back and can only be read: a statement that it refuses goes to the one that can be written to.
    $servers->start(0);
    $servers->pdo(0)->exec('SET GLOBAL read_only = 1');
    $again = new Db($settings + ['write' => ['host' => [$primary, $one]]]);
    check('and not the one that came back', $again->insert('notes', ['id' => 3, 'title' => 'three'])->affectedRows, 1);

    foreach ([
        ['driver' => 'sqlite', 'read' => 'x'],
        ['read' => 5] + $settings,
        ['read' => [['host' => 'a', 'weight' => 0]]] + $settings,
        ['read' => [['host' => 'a', 'colour' => 'red']]] + $settings,
    ] as $wrong) {
        echo $error(fn () => new Db($wrong)), "\n";
    }
});
?>
--EXPECT--
ok: in turn, by weight
ok: what locks
ok: what asks for the session
ok: transactions
ok: pinned
ok: rows as they come
ok: put together
ok: one's own writes are there
ok: also those of a child
ok: also those of a transaction
ok: others go on
ok: unless that is not wanted
ok: one that is gone
ok: is known to be
ok: found
Highper\Db\ConnectionException [08006] cannot connect to mysql://test@HOST/test: none of the 2 primaries: Connection refused, in: SELECT ?
ok: another one now
ok: and not the one that came back
Highper\Db\DbException [HY000] SQLite has no replicas: 'read' and 'write' are for MySQL and PostgreSQL
Highper\Db\DbException [HY000] 'read' must be a host, a list of hosts, or settings of servers: ['host' => …, 'port' => …]
Highper\Db\DbException [HY000] the weight of a replica must be from 1 to 100
Highper\Db\DbException [HY000] there is no setting 'colour'; there are url, driver, host, port, socket, user, password, database, ssl, ca, timezone, schema, name, charset, collation, connect_timeout, timeout, statements, read, write, sticky, lag, busy_timeout, read_only, journal_mode, foreign_keys, synchronous, and pool with max, min, wait, queue, idle, lifetime, check
