--TEST--
unixODBC in coroutines, with MariaDB's and PostgreSQL's drivers: answers, waits at once, time-outs
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
Proof::timesOut('MariaDB: a server that never answers', static fn (string $host, int $port) =>
    @odbc_connect("Driver={$maria};Server={$host};Port={$port};User=root;CONN_TIMEOUT=1;READ_TIMEOUT=1", '', '') === false);
Proof::timesOut('MariaDB: READ_TIMEOUT', static fn () => @odbc_exec(odbc_connect("{$source};READ_TIMEOUT=1", '', ''), 'SELECT SLEEP(10)') === false);
$daemon = Services::postgreSql(250);
$source = "Driver={$postgres};Servername=" . dirname($daemon->socket) . ';Port=5432;Database=postgres;Uid=postgres';
Proof::interleaved('PostgreSQL', static fn () => odbc_connect($source, '', ''), static function ($db, int $i) {
    odbc_fetch_row($result = odbc_exec($db, "SELECT {$i}, pg_sleep(0.1)"));
    return (int) odbc_result($result, 1);
});
Proof::atOnce('pdo_odbc', static fn () => new PDO("odbc:{$source}"), static function (PDO $pdo): void { $pdo->query('SELECT pg_sleep(0.1)')->fetchAll(); });
Proof::timesOut('PostgreSQL: a server that never answers', static fn (string $host, int $port) =>
    @odbc_connect("Driver={$postgres};Servername={$host};Port={$port};Database=x;Uid=x;pqopt={connect_timeout=2}", '', '') === false, 2, least: 1);
Proof::timesOut('PostgreSQL: the time-out of a statement', static function () use ($source) {
    $statement = odbc_prepare($db = odbc_connect($source, '', ''), 'SELECT pg_sleep(10)');
    odbc_setoption($statement, 2, 0 /* SQL_QUERY_TIMEOUT */, 1);
    return @odbc_execute($statement) === false;
});
?>
--EXPECT--
ok: MariaDB: each its own answer
ok: MariaDB: at the same time
ok: MariaDB by PDO: each its own answer
ok: MariaDB by PDO: at the same time
ok: odbc: 200 without a mistake
ok: odbc: 200 × 0.1 s at once
ok: MariaDB: a server that never answers: gives up
ok: MariaDB: a server that never answers: in time
ok: MariaDB: a server that never answers: others run meanwhile
ok: MariaDB: READ_TIMEOUT: gives up
ok: MariaDB: READ_TIMEOUT: in time
ok: MariaDB: READ_TIMEOUT: others run meanwhile
ok: PostgreSQL: each its own answer
ok: PostgreSQL: at the same time
ok: pdo_odbc: 200 without a mistake
ok: pdo_odbc: 200 × 0.1 s at once
ok: PostgreSQL: a server that never answers: gives up
ok: PostgreSQL: a server that never answers: in time
ok: PostgreSQL: a server that never answers: others run meanwhile
ok: PostgreSQL: the time-out of a statement: gives up
ok: PostgreSQL: the time-out of a statement: in time
ok: PostgreSQL: the time-out of a statement: others run meanwhile
