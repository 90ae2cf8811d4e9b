--TEST--
One PDO object, 200 coroutines on eight connections to MySQL: each has its own transaction and its own last insert id
--EXTENSIONS--
highper
pdo_mysql
--INI--
highper.pdo_pool=8
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Database::missing('mariadbd', 'mariadb-install-db'); ?>
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/shared.inc';

$database = HighperTest\Database::mariaDb();
shared_by_many($database->pdo(), 'CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)', 'SELECT CONNECTION_ID()', 8);
?>
--EXPECT--
ok: each saw its own row and its own last insert id
ok: each was in a transaction of its own
ok: each had one connection to its end
ok: eight connections served them
ok: half of them committed
ok: what the others did was taken back
ok: the object works outside of coroutines
