--TEST--
A service manager's local socket, beside one of TCP, is taken and left open, its file too
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\HttpClient;

$port = free_port();
$local = temp_path('local.sock');
file_put_contents($script = temp_path('server.php'), <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 2, 'log_level' => SWOOLE_LOG_ERROR, 'max_wait_time' => 2]);
    $server->on('request', fn ($request, $response) => $response->end('by TCP'));
    $unix = $server->listen($argv[2], 0, SWOOLE_SOCK_UNIX_STREAM);
    $unix->set(['open_http_protocol' => false]);
    $unix->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, "heard {$data}"));
    $server->start();
    PHP);
$sockets = [stream_socket_server("tcp://127.0.0.1:{$port}"), stream_socket_server("unix://{$local}")];
$inode = fileinode($local);
$environment = ['LISTEN_FDS' => '2'] + getenv();
$log = temp_path('log');
$php = getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY;
$start = fn () => proc_open(['/bin/sh', '-c', 'LISTEN_PID=$$; export LISTEN_PID; exec "$@"', 'sh', $php, $script, (string) $port, $local],
    [['file', '/dev/null', 'r'], ['file', $log, 'a'], ['file', $log, 'a'], 3 => $sockets[0], 4 => $sockets[1]], $pipes, null, $environment);
$say = function ($socket, string $text) {
    fwrite($socket, $text);
    stream_set_timeout($socket, 10);
    return fread($socket, 100);
};
$end = function ($process): void {
    posix_kill(proc_get_status($process)['pid'], SIGTERM);
    wait_until(fn () => !proc_get_status($process)['running'], 'the end', 10);
};
$process = $start();
check('TCP', (new HttpClient($port, 10.0))->request('GET', '/')->body, 'by TCP');
check('the local one', $say(stream_socket_client("unix://{$local}"), 'one'), 'heard one');
$end($process);
clearstatcache();
check('its file stays', [file_exists($local), fileinode($local)], [true, $inode]);
$early = stream_socket_client("unix://{$local}");
fwrite($early, 'early');
$process = $start();
stream_set_timeout($early, 10);
check('who connected between two servers is heard by the next', fread($early, 100), 'heard early');
$end($process);
?>
--EXPECT--
ok: TCP
ok: the local one
ok: its file stays
ok: who connected between two servers is heard by the next
