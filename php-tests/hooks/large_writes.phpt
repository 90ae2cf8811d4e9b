--TEST--
Hundreds of megabytes in one call: the rest is written when the reader has room, while others run
--EXTENSIONS--
highper
curl
pdo_mysql
redis
--INI--
memory_limit=-1
--CONFLICTS--
all
--TIMEOUT--
90
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('mariadbd', 'mariadb-install-db', 'redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$redis = HighperTest\Daemon::redis();
$maria = HighperTest\Daemon::mariaDb();
$chunk = random_bytes(1 << 20);
$seen = ['ticks' => 0, 'open' => 1];
/** Runs it beside a coroutine that ticks: did that run meanwhile? */
$beside = static function (Closure $call) use (&$seen): mixed {
    $before = $seen['ticks'];
    $result = $call();
    return $seen['ticks'] > $before ? $result : 'nobody else ran';
};
run(static function () use ($redis, $maria, $chunk, $beside, &$seen) {
    go(static function () use (&$seen) {
        while ($seen['open']) {
            usleep(1_000);
            $seen['ticks']++;
        }
    });
    $big = str_repeat($chunk, 100);
    $sum = hash('xxh3', $big);

    $client = new Redis();
    $client->connect($redis->socket);
    check('100 MB to Redis', $client->set('big', $big), true);
    check('and back', hash('xxh3', $client->get('big')), $sum);
    $client->del('big');

    // cURL to a reader that takes its time.
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $url = 'http://' . stream_socket_get_name($listener, false) . '/';
    $got = null;
    go(static function () use ($listener, &$got) {
        $peer = stream_socket_accept($listener, 5);
        while (($line = fgets($peer)) !== "\r\n") {
            if (stripos($line, 'expect:') === 0) {
                fwrite($peer, "HTTP/1.1 100 Continue\r\n\r\n");
            }
        }
        $hash = hash_init('xxh3');
        for ($left = 100 << 20; $left > 0; $left -= strlen($part)) {
            $part = stream_get_contents($peer, min($left, 2 << 20));
            hash_update($hash, $part);
            usleep(2_000);
        }
        $got = hash_final($hash);
        fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK");
        fclose($peer);
    });
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_POSTFIELDS => $big, CURLOPT_TIMEOUT => 30]);
    check('100 MB by cURL', $beside(static fn () => curl_exec($curl)), 'OK');
    check('arrived whole', $got, $sum);
    unset($big, $curl);

    $pdo = new PDO("mysql:unix_socket={$maria->socket};dbname=test", 'root', '');
    $pdo->exec('SET GLOBAL max_allowed_packet = 128 * 1024 * 1024');
    $pdo = new PDO("mysql:unix_socket={$maria->socket};dbname=test", 'root', '');
    $pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, false);
    $statement = $pdo->prepare('SELECT LENGTH(?), MD5(?)');
    $blob = str_repeat($chunk, 32);
    $statement->bindValue(1, $blob, PDO::PARAM_LOB);
    $statement->bindValue(2, $blob, PDO::PARAM_LOB);
    check('64 MB in a query', $beside(static fn () => $statement->execute()), true);
    check('as it was', $statement->fetch(PDO::FETCH_NUM), [strlen($blob), md5($blob)]);
    $seen['open'] = 0;
});
?>
--EXPECT--
ok: 100 MB to Redis
ok: and back
ok: 100 MB by cURL
ok: arrived whole
ok: 64 MB in a query
ok: as it was
