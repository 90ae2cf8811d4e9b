--TEST--
Many coroutines connect to PostgreSQL at once, by TLS and SCRAM
--EXTENSIONS--
highper
pdo_pgsql
pgsql
openssl
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

$daemon = Services::postgreSqlTls(250, $address);
$connect = static fn () => new PDO("pgsql:{$address}");
Proof::interleaved('queries', $connect, static function (PDO $pdo, int $i) {
    [$number, $tls] = $pdo->query("SELECT {$i}, ssl, pg_sleep(0.1) FROM pg_stat_ssl WHERE pid = pg_backend_pid()")->fetch(PDO::FETCH_NUM);
    return $tls ? $number : 'no TLS';
});
Proof::atOnce('pdo_pgsql by TLS and SCRAM', $connect, static fn (PDO $pdo) => $pdo->query('SELECT pg_sleep(0.1)'), null, getenv('HIGHPER_FIGURES') ? 200 : 50);
?>
--EXPECT--
ok: queries: each its own answer
ok: queries: at the same time
ok: pdo_pgsql by TLS and SCRAM: 50 without a mistake
ok: pdo_pgsql by TLS and SCRAM: 50 × 0.1 s at once
