--TEST--
A server that dies in the middle of a result is an error at once
--EXTENSIONS--
highper
curl
pdo_mysql
mysqli
redis
--CONFLICTS--
all
--TIMEOUT--
90
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$maria = HighperTest\Daemon::mariaDb();
$fails = static function (Closure $call): string {
    try {
        return var_export(@$call(), true);
    } catch (Throwable $e) {
        return get_class($e);
    }
};
$got = [];
$start = microtime(true);
run(static function () use (&$maria, $fails, &$got) {
    // A server that says half of its answer, and goes.
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    [$host, $port] = explode(':', stream_socket_get_name($listener, false));
    go(static function () use ($listener) {
        for ($i = 0; $i < 2; $i++) {
            $peer = stream_socket_accept($listener, 5);
            go(static function () use ($peer) {
                $isHttp = str_starts_with(fread($peer, 1000), 'GET');
                fwrite($peer, $isHttp ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" : "\$100\r\nhalf");
                usleep(50_000);
                fclose($peer);
            });
        }
    });
    go(static function () use ($host, $port, $fails, &$got) {
        $redis = new Redis();
        $redis->connect($host, (int) $port);
        $got['Redis'] = $fails(static fn () => $redis->get('key'));
    });
    go(static function () use ($host, $port, &$got) {
        $curl = curl_init("http://{$host}:{$port}/");
        curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
        curl_exec($curl);
        $got['cURL'] = curl_errno($curl);
    });
    // Rows that come while they are read: the server is killed after the first ones.
    $rows = 'SELECT a.seq, REPEAT(\'x\', 1000) FROM seq_1_to_1000000 a';
    go(static function () use (&$maria, $fails, $rows, &$got) {
        $pdo = new PDO("mysql:unix_socket={$maria->socket};dbname=test", 'root', '', [PDO::MYSQL_ATTR_USE_BUFFERED_QUERY => false]);
        $statement = $pdo->query($rows);
        for ($i = 0; $i < 100; $i++) {
            $statement->fetch();
        }
        usleep(100_000);
        $got['PDO'] = $fails(static function () use ($statement) {
            for ($i = 100; $statement->fetch(); $i++) {
            }
            return $i < 1_000_000 ? 'it ends early' : 'all of them';
        });
        $got['PDO, the next query'] = $fails(static fn () => $pdo->query('SELECT 1'));
    });
    go(static function () use (&$maria, $fails, $rows, &$got) {
        $mysqli = new mysqli(null, 'root', '', 'test', 0, $maria->socket);
        $got['mysqli'] = $fails(static fn () => $mysqli->query('SELECT SLEEP(5)'));
    });
    usleep(100_000);
    $maria = null;
});
$time = microtime(true) - $start;
check('Redis', $got['Redis'] ?? null, 'RedisException');
check('cURL', $got['cURL'] ?? null, CURLE_PARTIAL_FILE);
check('PDO', in_array($got['PDO'] ?? null, ['PDOException', "'it ends early'"], true) ?: $got);
check('PDO, the next query', $got['PDO, the next query'] ?? null, 'PDOException');
check('mysqli', $got['mysqli'] ?? null, 'mysqli_sql_exception');
check('at once', $time < HighperTest\patience(3) ?: $time);
?>
--EXPECT--
ok: Redis
ok: cURL
ok: PDO
ok: PDO, the next query
ok: mysqli
ok: at once
