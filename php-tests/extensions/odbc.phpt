--TEST--
unixODBC in coroutines, with MariaDB's and PostgreSQL's drivers: answers, waits at once
--EXTENSIONS--
highper
pdo
pgsql
pdo_mysql
--CONFLICTS--
all
--TIMEOUT--
60
--INI--
extension=odbc
extension=pdo_odbc
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('odbc', 'pdo_odbc') ?: HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db', 'postgres', 'initdb', 'setpriv'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Daemon, Proof, Services};

[$maria] = [...glob('/usr/lib/*/odbc/libmaodbc.so'), ''];
[$postgres] = [...glob('/usr/lib/*/odbc/psqlodbcw.so'), ''];
$daemon = Daemon::mariaDb(250);
$source = "Driver={$maria};Socket={$daemon->socket};Database=test;User=root";
Proof::interleaved('MariaDB', static fn () => odbc_connect($source, '', ''), static function ($db, int $i) {
    odbc_fetch_row($result = odbc_exec($db, "SELECT {$i}, SLEEP(0.1)"));
    return (int) odbc_result($result, 1);
});
Proof::interleaved('MariaDB by PDO', static fn () => new PDO("odbc:{$source}"), static function (PDO $pdo, int $i) {
    $statement = $pdo->prepare('SELECT ?, SLEEP(0.1)');
    $statement->execute([$i]);
    return (int) $statement->fetchColumn();
});
Proof::atOnce('odbc', static fn () => odbc_connect($source, '', ''), static function ($db): void { odbc_exec($db, 'SELECT SLEEP(0.1)') ?: throw new Exception(odbc_errormsg()); });
$daemon = Services::postgreSql(250);
$source = "Driver={$postgres};Servername=" . dirname($daemon->socket) . ';Port=5432;Database=postgres;Uid=postgres';
Proof::interleaved('PostgreSQL', static fn () => odbc_connect($source, '', ''), static function ($db, int $i) {
    odbc_fetch_row($result = odbc_exec($db, "SELECT {$i}, pg_sleep(0.1)"));
    return (int) odbc_result($result, 1);
});
Proof::atOnce('pdo_odbc', static fn () => new PDO("odbc:{$source}"), static function (PDO $pdo): void { $pdo->query('SELECT pg_sleep(0.1)')->fetchAll(); });
?>
--EXPECT--
ok: MariaDB: each its own answer
ok: MariaDB: at the same time
ok: MariaDB by PDO: each its own answer
ok: MariaDB by PDO: at the same time
ok: odbc: 200 without a mistake
ok: odbc: 200 × 0.1 s at once
ok: PostgreSQL: each its own answer
ok: PostgreSQL: at the same time
ok: pdo_odbc: 200 without a mistake
ok: pdo_odbc: 200 × 0.1 s at once
