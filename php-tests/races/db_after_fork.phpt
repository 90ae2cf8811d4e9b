--TEST--
Db: a child has connections of its own, and leaves those of its parent alone
--EXTENSIONS--
highper
pcntl
posix
--SKIPIF--
<?php
require __DIR__ . '/../lib/test.php';
echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db', 'initdb', 'postgres') ?: (extension_loaded('pdo_mysql') && extension_loaded('pdo_pgsql') ? '' : 'skip PDO for both is missing');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use Highper\Db;

$mysql = HighperTest\Database::mariaDb();
$postgres = HighperTest\Database::postgres();
foreach ([
    'mysql' => ['mysql://root@localhost/test?socket=' . temp_path('mariadb.sock'), 'SELECT CONNECTION_ID()'],
    'postgres' => ['postgres://test@localhost/postgres?host=' . temp_path('postgres'), 'SELECT pg_backend_pid()'],
    'sqlite' => ['sqlite:' . temp_path('a.db') . '?journal_mode=wal', 'SELECT count(*) FROM t'],
] as $kind => [$url, $sql]) {
    $db = new Db($url);
    $db->execute('CREATE TABLE t (v INT)');
    $own = $db->fetchValue($sql);
    $tx = $db->begin();
    $tx->insert('t', ['v' => 1]);
    $child = pcntl_fork();
    if ($child === 0) {
        // Another one, outside of the parent's transaction.
        $other = $kind === 'sqlite' ? $db->fetchValue($sql) === 0 : $db->fetchValue($sql) !== $own && $db->fetchValue('SELECT count(*) FROM t') == 0;
        $db->disconnect();
        unset($tx, $db);
        file_put_contents(temp_path('said'), $other ? 'another' : 'the same');
        // Not exit(): that would end the servers.
        posix_kill(posix_getpid(), SIGKILL);
    }
    pcntl_waitpid($child, $status);
    $tx->insert('t', ['v' => 2]);
    $tx->commit();
    check($kind, [file_get_contents(temp_path('said')), $kind === 'sqlite' || $db->fetchValue($sql) === $own, (int) $db->fetchValue('SELECT count(*) FROM t'), $db->stats()['made']], ['another', true, 2, 1]);
}
?>
--EXPECT--
ok: mysql
ok: postgres
ok: sqlite
