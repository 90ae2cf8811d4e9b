--TEST--
Time-outs of PHP's own settings hold against a server that accepts and never answers
--EXTENSIONS--
highper
curl
pdo_mysql
mysqli
redis
sockets
--INI--
default_socket_timeout=1
mysqlnd.net_read_timeout=1
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

// Silent from the first word on; the other one says what MySQL says, and is silent after the log-in.
$greeting = "\x0a8.0.0\0" . pack('V', 7) . "12345678\0" . pack('v', 0xa2ff) . "\x21" . pack('v', 2) . pack('v', 0x0008) . "\x15"
    . str_repeat("\0", 10) . "123456789012\0mysql_native_password\0";
$mysqlAccepts = static function ($peer) use ($greeting): void {
    $packet = static fn (int $number, string $body) => substr(pack('V', strlen($body)), 0, 3) . chr($number) . $body;
    fwrite($peer, $packet(0, $greeting));
    fread($peer, 4096);
    fwrite($peer, $packet(2, "\0\0\0\x02\0\0\0"));
};
$listen = static function (?Closure $first = null): int {
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    go(static function () use ($listener, $first) {
        while ($peer = @stream_socket_accept($listener, 1.5)) {
            $peers[] = $peer;
            if ($first !== null) {
                go(static fn () => $first($peer));
            }
        }
    });
    return (int) explode(':', stream_socket_get_name($listener, false))[1];
};
$fails = static function (Closure $call): string {
    try {
        return get_debug_type($call());
    } catch (Throwable $e) {
        return get_class($e);
    }
};
$times = [];
// Made in a coroutine it would be a Coroutine\Socket.
$outside = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
run(static function () use ($listen, $mysqlAccepts, $fails, $outside, &$times) {
    $silent = $listen();
    $mysql = $listen($mysqlAccepts);
    $calls = [
        'default_socket_timeout, a stream' => [1.0, static function () use ($silent) {
            $stream = stream_socket_client("tcp://127.0.0.1:{$silent}");
            return [fgets($stream), stream_get_meta_data($stream)['timed_out']] === [false, true];
        }],
        'default_socket_timeout, HTTP' => [1.0, static fn () => @file_get_contents("http://127.0.0.1:{$silent}/") === false],
        'the time-out of an HTTP context' => [0.2, static fn () => @file_get_contents("http://127.0.0.1:{$silent}/", false,
            stream_context_create(['http' => ['timeout' => 0.2]])) === false],
        'stream_set_timeout' => [0.2, static function () use ($silent) {
            $stream = stream_socket_client("tcp://127.0.0.1:{$silent}");
            stream_set_timeout($stream, 0, 200_000);
            return [fread($stream, 10), stream_get_meta_data($stream)['timed_out']] === [false, true];
        }],
        'TLS that is never answered' => [0.3, static fn () => @stream_socket_client("tls://127.0.0.1:{$silent}", timeout: 0.3) === false],
        'CURLOPT_TIMEOUT_MS' => [0.2, static function () use ($silent) {
            $curl = curl_init("http://127.0.0.1:{$silent}/");
            curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT_MS => 200]);
            return [curl_exec($curl), curl_errno($curl)] === [false, CURLE_OPERATION_TIMEDOUT];
        }],
        'CURLOPT_CONNECTTIMEOUT_MS, TLS' => [0.2, static function () use ($silent) {
            $curl = curl_init("https://127.0.0.1:{$silent}/");
            curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_CONNECTTIMEOUT_MS => 200]);
            return [curl_exec($curl), curl_errno($curl)] === [false, CURLE_OPERATION_TIMEDOUT];
        }],
        'PDO::ATTR_TIMEOUT, the greeting' => [1.0, static fn () => $fails(static fn () =>
            new PDO("mysql:host=127.0.0.1;port={$silent}", 'root', '', [PDO::ATTR_TIMEOUT => 1])) === 'PDOException'],
        'mysqlnd.net_read_timeout, PDO' => [1.0, static function () use ($mysql, $fails) {
            $pdo = new PDO("mysql:host=127.0.0.1;port={$mysql}", 'root', '');
            return $fails(static fn () => @$pdo->query('SELECT 1')) === 'PDOException';
        }],
        'mysqlnd.net_read_timeout, mysqli' => [1.0, static function () use ($mysql, $fails) {
            $mysqli = new mysqli('127.0.0.1', 'root', '', '', $mysql);
            return $fails(static fn () => @$mysqli->query('SELECT 1')) === 'mysqli_sql_exception';
        }],
        'Redis, the time-out of reading' => [0.3, static function () use ($silent, $fails) {
            $redis = new Redis();
            $redis->connect('127.0.0.1', $silent, 1, null, 0, 0.3);
            return $fails(static fn () => $redis->get('key')) === 'RedisException';
        }],
        'SO_RCVTIMEO' => [0.2, static function () use ($silent, $outside) {
            socket_set_option($outside, SOL_SOCKET, SO_RCVTIMEO, ['sec' => 0, 'usec' => 200_000]);
            socket_connect($outside, '127.0.0.1', $silent);
            return [@socket_read($outside, 10), socket_last_error($outside)] === [false, SOCKET_EAGAIN];
        }],
        'SO_RCVTIMEO of a Coroutine\Socket' => [0.2, static function () use ($silent) {
            $socket = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
            socket_set_option($socket, SOL_SOCKET, SO_RCVTIMEO, ['sec' => 0, 'usec' => 200_000]);
            socket_connect($socket, '127.0.0.1', $silent);
            return [@socket_read($socket, 10), socket_last_error($socket)] === [false, SOCKET_ETIMEDOUT];
        }],
    ];
    foreach ($calls as $name => [$limit, $call]) {
        go(static function () use ($name, $limit, $call, &$times) {
            $start = microtime(true);
            $right = $call();
            $time = microtime(true) - $start;
            $times[$name] = [$right, $time >= $limit - 0.01 && $time < $limit + HighperTest\patience(0.6) ?: $time];
        });
    }
});
ksort($times);
foreach ($times as $name => $got) {
    check($name, $got, [true, true]);
}
?>
--EXPECT--
ok: CURLOPT_CONNECTTIMEOUT_MS, TLS
ok: CURLOPT_TIMEOUT_MS
ok: PDO::ATTR_TIMEOUT, the greeting
ok: Redis, the time-out of reading
ok: SO_RCVTIMEO
ok: SO_RCVTIMEO of a Coroutine\Socket
ok: TLS that is never answered
ok: default_socket_timeout, HTTP
ok: default_socket_timeout, a stream
ok: mysqlnd.net_read_timeout, PDO
ok: mysqlnd.net_read_timeout, mysqli
ok: stream_set_timeout
ok: the time-out of an HTTP context
