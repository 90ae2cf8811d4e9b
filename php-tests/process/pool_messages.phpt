--TEST--
Swoole\Process\Pool: messages by packets, in pieces, from a queue, and from TCP clients that are answered
--TIMEOUT--
40
--FILE--
<?php
use Swoole\{Atomic, Process};
use Swoole\Process\Pool;

foreach ([[false, false], [true, false], [false, true], [true, true]] as [$coroutines, $bus]) {
    $size = $bus ? 1500000 : 60000;
    $pool = new Pool(2, SWOOLE_IPC_UNIXSOCK);
    $pool->set(['enable_coroutine' => $coroutines, 'enable_message_bus' => $bus]);
    $pool->on('WorkerStart', function (Pool $pool, int $id) use ($size) {
        if ($id === 0) {
            for ($i = 0; $i < 20; $i++) $pool->sendMessage(str_repeat(chr(65 + $i), $size), 1);
        }
    });
    $got = [];
    $pool->on('Message', function (Pool $pool, string $data) use (&$got, $size) {
        if ($data === 'end') {
            $pool->shutdown();
        } elseif ($pool->workerId === 1) {
            $got[] = $data[0];
            if (strlen(trim($data, $data[0])) || strlen($data) !== $size) echo "wrong\n";
            if (count($got) === 20) {
                echo implode($got), "\n";
                $pool->sendMessage('end', 0);
            }
        }
    });
    $pool->start();
}

$key = 0x7d000000 | getmypid();
$feeder = new Process(function (Process $own) { for ($i = 0; $i < 10; $i++) $own->push("message $i"); }, false, 0);
$feeder->useQueue($key);
$feeder->start();
Process::wait();
$pool = new Pool(1, SWOOLE_IPC_MSGQUEUE, $key);
$seen = [];
$pool->on('Message', function (Pool $pool, string $data) use (&$seen) {
    $seen[] = $data;
    if (count($seen) === 10) {
        echo count(array_unique($seen)), " $data\n";
        $pool->shutdown();
    }
});
$pool->start();
var_dump($feeder->freeQueue());

$probe = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($probe, false), ':'), 1);
fclose($probe);
$pool = new Pool(2, SWOOLE_IPC_SOCKET);
var_dump($pool->listen('127.0.0.1', $port));
$pool->on('Message', function (Pool $pool, string $data) {
    $pool->write('you said ');
    $pool->write($data);
});
$client = new Process(function () use ($port) {
    $ask = function (string $bytes) use ($port): string {
        $socket = stream_socket_client("tcp://127.0.0.1:$port");
        fwrite($socket, $bytes);
        return stream_get_contents($socket);
    };
    foreach (['hello', str_repeat('x', 100000)] as $text) {
        $answer = $ask(pack('N', strlen($text)) . $text);
        var_dump(unpack('N', $answer)[1] === strlen($answer) - 4, substr($answer, 4, 14));
    }
    var_dump($ask(pack('N', 0)), $ask(pack('N', 0x7fffffff) . 'x'));      // wrong ones are closed
    var_dump(substr($ask(pack('N', 2) . 'ok'), 4));
    Process::kill(posix_getppid(), SIGTERM);
}, false, 0);
$client->start();
$pool->start();
?>
--SKIPIF--
<?php if (!extension_loaded('posix')) die('skip needs posix'); ?>
--EXPECTF--
ABCDEFGHIJKLMNOPQRST
ABCDEFGHIJKLMNOPQRST
ABCDEFGHIJKLMNOPQRST
ABCDEFGHIJKLMNOPQRST
10 message 9
bool(true)
bool(true)
bool(true)
string(14) "you said hello"
bool(true)
string(14) "you said xxxxx"
string(0) ""
string(0) ""
string(11) "you said ok"
