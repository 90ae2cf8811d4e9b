--TEST--
A service manager: its socket is taken and left open, and it is told of start, reload, end and life
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\HttpClient;

file_put_contents($script = HighperTest\temp_path('server.php'), <<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 2, 'log_level' => SWOOLE_LOG_ERROR, 'max_wait_time' => 2]);
    $server->on('request', fn ($request, $response) => $response->end('served'));
    $server->start();
    PHP);
// The socket is number 3; LISTEN_PID has to be the server's, so a shell says it and becomes the server.
$port = HighperTest\free_port();
$listening = stream_socket_server("tcp://127.0.0.1:{$port}");
$told = HighperTest\temp_path('notify');
$notify = socket_create(AF_UNIX, SOCK_DGRAM, 0);
socket_bind($notify, $told);
socket_set_nonblock($notify);
$environment = ['NOTIFY_SOCKET' => $told, 'LISTEN_FDS' => '1', 'WATCHDOG_USEC' => '100000'] + getenv();
$log = HighperTest\temp_path('log');
$php = getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY;
$start = fn () => proc_open(['/bin/sh', '-c', 'LISTEN_PID=$$; export LISTEN_PID; exec "$@"', 'sh', $php, $script, (string) $port],
    [['file', '/dev/null', 'r'], ['file', $log, 'a'], ['file', $log, 'a'], 3 => $listening], $pipes, null, $environment);
$heard = [];
$hear = function (string $word) use ($notify, &$heard): bool {
    while (@socket_recv($notify, $text, 4096, 0)) {
        array_push($heard, ...explode("\n", trim($text)));
    }
    $at = array_search($word, $heard, true);
    if ($at !== false) {
        $heard = array_slice($heard, $at + 1);
    }
    return $at !== false;
};
$process = $start();
$pid = proc_get_status($process)['pid'];
wait_until(fn () => $hear('READY=1'), 'the word that it is ready', 10);
check('which process it is', $heard[0], "MAINPID={$pid}");
check('the socket is taken', (new HttpClient($port))->request('GET', '/')->body, 'served');
wait_until(fn () => $hear('WATCHDOG=1'), 'a sign of life');
posix_kill($pid, SIGUSR1);
wait_until(fn () => $hear('RELOADING=1'), 'the word that it reloads');
check('with its time', preg_match('/^MONOTONIC_USEC=\d{4,}$/', $heard[0]), 1);
wait_until(fn () => $hear('READY=1'), 'the word that the reload is through');
posix_kill($pid, SIGTERM);
wait_until(fn () => $hear('STOPPING=1'), 'the word that it ends');
wait_until(fn () => !proc_get_status($process)['running'], 'its end', 10);
$early = new HttpClient($port);
$early->send('GET', '/');
proc_close($process);
$process = $start();
check('who connected between two servers is answered by the next', $early->receive()->body, 'served');
posix_kill(proc_get_status($process)['pid'], SIGTERM);
wait_until(fn () => !proc_get_status($process)['running'], 'the end', 10);
--EXPECT--
ok: which process it is
ok: the socket is taken
ok: with its time
ok: who connected between two servers is answered by the next
