--TEST--
Predis, Doctrine DBAL and Illuminate's database in coroutines
--EXTENSIONS--
highper
pdo_mysql
pdo_pgsql
mbstring
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacksFile('Predis/autoload.php', 'Doctrine/DBAL/autoload.php', 'Illuminate/Database/autoload.php') ?: HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db', 'postgres', 'initdb', 'setpriv', 'redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Daemon, Proof, Services};
use function HighperTest\check;

require 'Predis/autoload.php';
require 'Doctrine/DBAL/autoload.php';
require 'Illuminate/Database/autoload.php';
error_reporting(E_ALL & ~E_DEPRECATED);
$redis = Daemon::redis();
$maria = Daemon::mariaDb(250);
$postgres = Services::postgreSql(250);
$predis = static fn () => new Predis\Client(['scheme' => 'unix', 'path' => $redis->socket, 'read_write_timeout' => 10]);
Proof::interleaved('Predis', $predis, static function (Predis\Client $client, int $i) {
    $client->set("key{$i}", str_repeat("{$i} ", 20_000));
    $client->executeRaw(['BLPOP', 'empty', '0.1']);
    $got = $client->pipeline(static fn ($pipe) => $pipe->get("key{$i}")->incrby("n{$i}", $i));
    return $got[0] === str_repeat("{$i} ", 20_000) ? $got[1] : 'another';
});
Proof::atOnce('Predis', static function () use ($predis) { $client = $predis(); $client->connect(); return $client; }, static fn (Predis\Client $client) => $client->executeRaw(['BLPOP', 'empty', '0.1']));
$sources = [
    'MariaDB' => [['driver' => 'pdo_mysql', 'unix_socket' => $maria->socket, 'user' => 'root', 'dbname' => 'test'],
        ['driver' => 'mysql', 'unix_socket' => $maria->socket, 'host' => 'localhost', 'username' => 'root', 'password' => '', 'database' => 'test', 'charset' => 'utf8mb4'], 'SLEEP(0.1)'],
    'PostgreSQL' => [['driver' => 'pdo_pgsql', 'host' => dirname($postgres->socket), 'user' => 'postgres', 'dbname' => 'postgres'],
        ['driver' => 'pgsql', 'host' => dirname($postgres->socket), 'username' => 'postgres', 'password' => '', 'database' => 'postgres', 'charset' => 'utf8'], 'pg_sleep(0.1)'],
];
foreach ($sources as $name => [$doctrine, $illuminate, $sleep]) {
    $connect = static fn () => Doctrine\DBAL\DriverManager::getConnection($doctrine);
    Co\run(static fn () => $connect()->executeStatement('CREATE TABLE notes (id INT PRIMARY KEY, body TEXT)'));
    Proof::interleaved("Doctrine, {$name}", $connect, static function (Doctrine\DBAL\Connection $db, int $i) use ($sleep) {
        return $db->transactional(static function () use ($db, $i, $sleep) {
            $db->insert('notes', ['id' => $i, 'body' => "of {$i}"]);
            $db->executeQuery("SELECT {$sleep}")->fetchAllAssociative();
            return $db->createQueryBuilder()->select('body')->from('notes')->where('id = ?')->setParameter(0, $i)->fetchOne() === "of {$i}" ? $i : 'another';
        });
    });
    $make = static function () use ($illuminate) {
        $manager = new Illuminate\Database\Capsule\Manager();
        $manager->addConnection($illuminate);
        return $manager->getConnection();
    };
    Proof::interleaved("Illuminate, {$name}", $make, static function (Illuminate\Database\Connection $db, int $i) use ($sleep) {
        return $db->transaction(static function () use ($db, $i, $sleep) {
            $db->table('notes')->where('id', $i)->update(['body' => "more of {$i}"]);
            $db->select("SELECT {$sleep}");
            return $db->table('notes')->where('id', $i)->value('body') === "more of {$i}" ? $i : 'another';
        });
    });
    Co\run(static fn () => check("all rows, {$name}", (int) $connect()->fetchOne("SELECT COUNT(*) FROM notes WHERE body LIKE 'more of%'"), 20));
}
?>
--EXPECT--
ok: Predis: each its own answer
ok: Predis: at the same time
ok: Predis: 200 without a mistake
ok: Predis: 200 × 0.1 s at once
ok: Doctrine, MariaDB: each its own answer
ok: Doctrine, MariaDB: at the same time
ok: Illuminate, MariaDB: each its own answer
ok: Illuminate, MariaDB: at the same time
ok: all rows, MariaDB
ok: Doctrine, PostgreSQL: each its own answer
ok: Doctrine, PostgreSQL: at the same time
ok: Illuminate, PostgreSQL: each its own answer
ok: Illuminate, PostgreSQL: at the same time
ok: all rows, PostgreSQL
