<?php
/**
 * What a WebSocket message costs a server that sends it back: twenty connections, one worker.
 *
 *     php websocket.php echo | burst [BATCHES]
 *
 * `echo`: each connection has one message of 64 bytes under way; `burst`: sixteen, sent together.
 * Prints JSON: nanoseconds of the worker's processor per message, for each of the batches.
 */

use Swoole\Atomic;
use Swoole\Process;
use Swoole\WebSocket\Server;

const CONNECTIONS = 20;
const MESSAGES = 40_000;

$burst = $argv[1] === 'burst' ? 16 : 1;
$batches = (int) ($argv[2] ?? 11);

$probe = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($probe, false), ':'), 1);
fclose($probe);
$worker = new Atomic(0);
$process = new Process(function () use ($port, $worker): void {
    $server = new Server('127.0.0.1', $port, SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('workerStart', fn () => $worker->set(getmypid()));
    $server->on('message', fn ($server, $frame) => $server->push($frame->fd, $frame->data));
    $server->start();
});
$parent = $process->start();
$end = microtime(true) + 10;
do {
    usleep(10_000);
    $socket = $worker->get() > 0 ? @stream_socket_client("tcp://127.0.0.1:{$port}") : false;
} while ($socket === false && microtime(true) < $end);

$payload = str_repeat('x', 64);
$key = 'key!';
$frame = "\x81" . chr(0x80 | 64) . $key . ($payload ^ str_repeat($key, 16));
$sent = str_repeat($frame, $burst);
$answer = 66 * $burst;

$sockets = [];
for ($i = 0; $i < CONNECTIONS; $i++) {
    $socket = stream_socket_client("tcp://127.0.0.1:{$port}");
    fwrite($socket, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    for ($head = ''; !str_ends_with($head, "\r\n\r\n");) {
        $head .= fread($socket, 4096);
    }
    $sockets[] = $socket;
}
$round = static function () use ($sockets, $sent, $answer): void {
    foreach ($sockets as $socket) {
        fwrite($socket, $sent);
    }
    foreach ($sockets as $socket) {
        for ($got = 0; $got < $answer;) {
            $got += strlen(fread($socket, 65536));
        }
    }
};
$spent = static fn (): int => (int) explode(' ', file_get_contents("/proc/{$worker->get()}/schedstat"))[0];
$rounds = intdiv(MESSAGES, CONNECTIONS * $burst);
$costs = [];
for ($batch = -1; $batch < $batches; $batch++) {
    $before = $spent();
    for ($i = 0; $i < $rounds; $i++) {
        $round();
    }
    if ($batch >= 0) { // the first one warms up
        $costs[] = ($spent() - $before) / ($rounds * CONNECTIONS * $burst);
    }
}
Process::kill($parent, SIGTERM);
Process::wait();
echo json_encode($costs), "\n";
