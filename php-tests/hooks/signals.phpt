--TEST--
Signals in the middle of waits: handlers run, and the calls go on
--EXTENSIONS--
highper
curl
pcntl
posix
redis
sockets
--CONFLICTS--
all
--SKIPIF--
<?php if (PHP_VERSION_ID >= 80400 && ini_get('opcache.jit') === 'function') die('skip what the function JIT keeps in registers is lost when PHP 8.4 is interrupted in a loop, by whomever');
require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('redis-server'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$daemon = HighperTest\Daemon::redis();
$signals = 0;
pcntl_async_signals(true);
// Without SA_RESTART the kernel ends a system call with EINTR.
pcntl_signal(SIGUSR1, static function () use (&$signals) { $signals++; }, false);
$self = getmypid();
$sender = proc_open(['sh', '-c', "while kill -USR1 {$self}; do sleep 0.001; done"], [2 => ['file', '/dev/null', 'w']], $pipes);
$done = [];
run(static function () use ($daemon, &$done, &$signals) {
    for ($i = 0; $i < 5; $i++) {
        go(static function () use ($daemon, $i, &$done) {
            $redis = new Redis();
            $redis->connect($daemon->socket);
            for ($turn = 0; $turn < 200; $turn++) {
                if ($redis->incr("count:{$i}") !== $turn + 1) {
                    return;
                }
            }
            $done[] = 'Redis: 200 answers';
        });
        go(static function () use (&$done) {
            $start = microtime(true);
            $process = proc_open(['sh', '-c', 'sleep 0.3; echo done'], [1 => ['pipe', 'w']], $pipes);
            $text = stream_get_contents($pipes[1]);
            if ([$text, proc_close($process), microtime(true) - $start >= 0.3] === ["done\n", 0, true]) {
                $done[] = 'a process: its output';
            }
        });
        go(static function () use (&$done) {
            [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            $big = str_repeat('0123456789', 200_000);
            go(static function () use ($b, $big) {
                usleep(50_000);
                fwrite($b, $big);
                fclose($b);
            });
            if (stream_get_contents($a) === $big) {
                $done[] = 'a stream: two megabytes';
            }
        });
    }
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $url = 'http://' . stream_socket_get_name($listener, false) . '/';
    go(static function () use ($listener) {
        for ($i = 0; $i < 5; $i++) {
            $peer = stream_socket_accept($listener, 5);
            go(static function () use ($peer) {
                while (fgets($peer) !== "\r\n") {
                }
                usleep(100_000);
                fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
                fclose($peer);
            });
        }
    });
    for ($i = 0; $i < 5; $i++) {
        go(static function () use ($url, &$done) {
            $curl = curl_init($url);
            curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
            if (curl_exec($curl) === 'hello') {
                $done[] = 'cURL: an answer';
            }
        });
    }
});
proc_terminate($sender, SIGKILL);
pcntl_signal(SIGUSR1, SIG_IGN);
$counts = array_count_values($done);
ksort($counts);
foreach ($counts as $what => $count) {
    check("{$count} × {$what}", true);
}
check('there were signals', $signals > 20 ?: $signals);
?>
--EXPECT--
ok: 5 × Redis: 200 answers
ok: 5 × a process: its output
ok: 5 × a stream: two megabytes
ok: 5 × cURL: an answer
ok: there were signals
