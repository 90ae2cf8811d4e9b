--TEST--
Peers that read slowly or not at all: bufferFull and bufferEmpty, send() that waits, fails or times out, close with output, sendfile, pause
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\Server;

file_put_contents($file = temp_path('big'), str_repeat('0123456789abcdef', 1 << 18));
$impatient = free_port();
$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'socket_buffer_size' => 1 << 20, 'buffer_high_watermark' => '512K', 'kernel_socket_send_buffer_size' => 65536, 'log_level' => SWOOLE_LOG_ERROR, 'send_timeout' => 1.5]);
    $log = [];
    $server->on('receive', function ($server, $fd, $reactor, $data) use (&$log) {
        $piece = str_repeat('p', 1 << 18);
        switch (strtok(trim($data), ' ')) {
            case 'stream':
                for ($i = 0; $i < 64; $i++) { if (!$server->send($fd, $piece)) { $log[] = 'failed ' . $server->getLastError(); return; } }
                $server->close($fd); $log[] = 'sent all'; break;
            case 'log': $server->send($fd, implode(',', $log) . "\n"); $log = []; break;
            case 'file': $server->sendfile($fd, getenv('FILE'), 16, 4 << 20 >> 1); $server->send($fd, 'end'); $server->close($fd); break;
            case 'badfile': $server->send($fd, json_encode([$server->sendfile($fd, '/no/such'), $server->sendfile($fd, '/tmp'), $server->sendfile($fd, getenv('FILE'), 1 << 30)]) . "\n"); break;
            case 'pause': $server->pause($fd); Swoole\Timer::after(100, fn () => $server->resume($fd)); $log[] = 'paused'; break;
            default: $log[] = strlen($data) . ' received';
        }
    });
    $server->on('bufferFull', function ($server, $fd) use (&$log) { $log[] = 'full'; });
    $server->on('bufferEmpty', function ($server, $fd) use (&$log) { $log[] = 'empty'; });
    $server->on('close', function ($server, $fd) use (&$log) { $log[] = 'closed'; });
    $server->start();
    PHP, environment: ['FILE' => $file]);
$log = function () use ($server): array {
    $client = $server->connect();
    $client->send("log\n");
    return explode(',', trim($client->readLine()));
};
$read = function (string $what) use ($server): int {
    $client = $server->connect();
    $client->send("{$what}\n");
    usleep(100_000);
    return strlen($client->readAll());
};
check('16 MB to a reader that begins late', $read('stream'), 16 << 20);
$all = $log();
check('it was told of the buffer', [in_array('full', $all, true), in_array('empty', $all, true), in_array('sent all', $all, true), array_count_values($all)['full'] === array_count_values($all)['empty']], [true, true, true, true]);
$lazy = $server->connect();
$lazy->send("stream\n");
wait_until(function () use ($log, &$all) { $all = [...$all, ...$log()]; return in_array('failed 10018', $all, true); }, 'the time-out of send()');
check('send() to a reader that never reads', in_array('failed 10018', $all, true));
$lazy->close();
check('a part of a file', $read('file'), (2 << 20) + 3);
$client = $server->connect();
$client->send("badfile\n");
check('files that are none', trim($client->readLine()), '[false,false,false]');
$log();
$client = $server->connect();
$client->send("pause\n");
usleep(30_000);
$client->send('while it is paused');
usleep(30_000);
check('nothing is read in a pause', in_array('18 received', $log(), true), false);
usleep(100_000);
check('it is read after it', in_array('18 received', $log(), true));
check('exit code', $server->stop(), 0);
--EXPECT--
ok: 16 MB to a reader that begins late
ok: it was told of the buffer
ok: send() to a reader that never reads
ok: a part of a file
ok: files that are none
ok: nothing is read in a pause
ok: it is read after it
ok: exit code
