--TEST--
What PHP itself waits with, in 200 coroutines at once: sleeps, streams, sockets, cURL, programs
--EXTENSIONS--
highper
curl
sockets
--CONFLICTS--
all
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Server};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_WARNING]);
    $http->on('request', function ($request, $response) { usleep(100_000); $response->end('n=' . ($request->get['n'] ?? '')); });
    $http->start();
    PHP);
$port = $server->port;
$none = static fn () => null;
$wanted = static fn ($got, int $i) => str_ends_with(trim((string) $got), "n={$i}") ?: throw new Exception(var_export($got, true));
$request = static fn (int $i) => "GET /?n={$i} HTTP/1.1\r\nHost: x\r\n\r\n";
Proof::atOnce('usleep()', $none, static fn () => usleep(100_000));
Proof::atOnce('time_nanosleep()', $none, static fn () => time_nanosleep(0, 100_000_000));
Proof::atOnce('streams', static fn () => stream_socket_client("tcp://127.0.0.1:{$port}"), static function ($stream, int $i) use ($wanted, $request) {
    fwrite($stream, $request($i));
    $wanted(fread($stream, 8192), $i);
});
Proof::atOnce('stream_select()', static fn () => stream_socket_client("tcp://127.0.0.1:{$port}"), static function ($stream, int $i) use ($wanted, $request) {
    fwrite($stream, $request($i));
    $read = [$stream];
    $write = $except = null;
    stream_select($read, $write, $except, 5) === 1 && $wanted(fread($stream, 8192), $i);
});
Proof::atOnce('the http:// wrapper', $none, static fn ($none, int $i) => $wanted(file_get_contents("http://127.0.0.1:{$port}/?n={$i}"), $i));
Proof::atOnce('sockets', static function () use ($port) {
    $socket = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    socket_connect($socket, '127.0.0.1', $port);
    return $socket;
}, static function ($socket, int $i) use ($wanted, $request) {
    socket_write($socket, $request($i));
    $wanted(socket_read($socket, 8192), $i);
});
$curl = static function (?int $i) use ($port): CurlHandle {
    $handle = curl_init("http://127.0.0.1:{$port}/?n={$i}");
    curl_setopt($handle, CURLOPT_RETURNTRANSFER, true);
    return $handle;
};
Proof::atOnce('curl_exec()', static fn () => $curl(null), static function (CurlHandle $handle, int $i) use ($wanted, $port) {
    curl_setopt($handle, CURLOPT_URL, "http://127.0.0.1:{$port}/?n={$i}");
    $wanted(curl_exec($handle), $i);
});
Proof::atOnce('curl_multi_exec()', static fn () => curl_multi_init(), static function (CurlMultiHandle $multi, int $i) use ($wanted, $curl) {
    curl_multi_add_handle($multi, $one = $curl($i));
    do {
        curl_multi_exec($multi, $active);
        $active && curl_multi_select($multi, 5);
    } while ($active);
    $wanted(curl_multi_getcontent($one), $i);
    curl_multi_remove_handle($multi, $one);
});
Proof::atOnce('shell_exec()', $none, static fn ($none, int $i) => $wanted(shell_exec("sleep 0.1; echo n={$i}"), $i), null, 20);
Proof::timesOut('CURLOPT_TIMEOUT_MS', static function (string $host, int $port) {
    $handle = curl_init("http://{$host}:{$port}/");
    curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT_MS => 1000]);
    return curl_exec($handle) === false && curl_errno($handle) === CURLE_OPERATION_TIMEDOUT;
});
Proof::timesOut('stream_set_timeout()', static function (string $host, int $port) {
    $stream = stream_socket_client("tcp://{$host}:{$port}");
    stream_set_timeout($stream, 1);
    return in_array(fread($stream, 10), ['', false], true) && stream_get_meta_data($stream)['timed_out'];
});
Proof::timesOut('SO_RCVTIMEO', static function (string $host, int $port) {
    $socket = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    socket_connect($socket, $host, $port);
    socket_set_option($socket, SOL_SOCKET, SO_RCVTIMEO, ['sec' => 1, 'usec' => 0]);
    return @socket_read($socket, 10) === false && in_array(socket_last_error($socket), [SOCKET_EAGAIN, SOCKET_ETIMEDOUT], true);
});
?>
--EXPECT--
ok: usleep(): 200 without a mistake
ok: usleep(): 200 × 0.1 s at once
ok: time_nanosleep(): 200 without a mistake
ok: time_nanosleep(): 200 × 0.1 s at once
ok: streams: 200 without a mistake
ok: streams: 200 × 0.1 s at once
ok: stream_select(): 200 without a mistake
ok: stream_select(): 200 × 0.1 s at once
ok: the http:// wrapper: 200 without a mistake
ok: the http:// wrapper: 200 × 0.1 s at once
ok: sockets: 200 without a mistake
ok: sockets: 200 × 0.1 s at once
ok: curl_exec(): 200 without a mistake
ok: curl_exec(): 200 × 0.1 s at once
ok: curl_multi_exec(): 200 without a mistake
ok: curl_multi_exec(): 200 × 0.1 s at once
ok: shell_exec(): 20 without a mistake
ok: shell_exec(): 20 × 0.1 s at once
ok: CURLOPT_TIMEOUT_MS: gives up
ok: CURLOPT_TIMEOUT_MS: in time
ok: CURLOPT_TIMEOUT_MS: others run meanwhile
ok: stream_set_timeout(): gives up
ok: stream_set_timeout(): in time
ok: stream_set_timeout(): others run meanwhile
ok: SO_RCVTIMEO: gives up
ok: SO_RCVTIMEO: in time
ok: SO_RCVTIMEO: others run meanwhile
