--TEST--
What connections do to a server: 1,000 at once, resets, closing in onConnect, a fatal error, reload under traffic, a full server
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 2, 'log_level' => SWOOLE_LOG_ERROR, 'open_eof_split' => true, 'package_eof' => "\n", 'backlog' => 2048]);
    $open = new Swoole\Atomic();
    $server->on('connect', function ($server, $fd) use ($open) { $open->add(); });
    $server->on('receive', function ($server, $fd, $reactor, $data) use ($open) {
        switch (trim($data)) {
            case 'fatal': ini_set('memory_limit', '32M'); $a = str_repeat('x', 64 << 20); break;
            case 'wait': Co::sleep(0.1); $server->send($fd, "waited {$server->worker_pid}\n"); break;
            case 'open': $server->send($fd, $open->get() . "\n"); break;
            default: $server->send($fd, "{$server->worker_pid} " . $data);
        }
    });
    $server->on('close', function ($server, $fd) use ($open) { $open->sub(); });
    $server->start();
    PHP);
$connect = fn () => stream_socket_client("tcp://127.0.0.1:{$server->port}", timeout: 5);
$open = function () use ($connect): int {
    $socket = $connect();
    fwrite($socket, "open\n");
    return (int) fgets($socket) - 1;
};
$all = [];
for ($i = 0; $i < 1000; $i++) {
    $all[] = $connect();
}
foreach ($all as $i => $socket) {
    fwrite($socket, "number {$i}\n");
}
$wrong = 0;
foreach ($all as $i => $socket) {
    stream_set_timeout($socket, 5);
    $wrong += (int) (substr(strstr((string) fgets($socket), ' '), 1) !== "number {$i}\n");
}
check('1,000 connections at once, wrong answers', $wrong, 0);
wait_until(fn () => $open() === 1000, '1,000 connections that are told');
foreach ($all as $i => $socket) {
    if ($i % 2) {
        socket_set_option(socket_import_stream($socket), SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 0]);
        fwrite($socket, 'half a packet');
    }
    fclose($socket);
}
// Not asked once more: the worker of the asking connection before may not have told yet that it has ended.
check('all have ended', wait_until(fn () => $open() === 0, 'the end of 1,000, half of them by reset'));

$pids = [];
$alive = $waiting = [];
for ($i = 0; $i < 20; $i++) {
    $alive[] = $connect();
    $waiting[] = $socket = $connect();
    fwrite($socket, "wait\n");
}
usleep(20_000);
$before = $server->children();
$server->signal(SIGUSR1);
$got = 0;
foreach ($waiting as $socket) {
    stream_set_timeout($socket, 5);
    $got += (int) str_starts_with((string) fgets($socket), 'waited');
}
check('what runs at a reload answers', $got, 20);
$closed = 0;
foreach ($alive as $socket) {
    stream_set_timeout($socket, 5);
    $closed += (int) (fgets($socket) === false && feof($socket));
}
check('connections at rest are closed by it', $closed, 20);
wait_until(fn () => array_intersect($before, $server->children()) === [], 'the end of the old workers');
$socket = $connect();
fwrite($socket, "x\n");
check('new workers answer', preg_match('/^\d+ x$/', trim((string) fgets($socket))), 1);

$socket = $connect();
stream_set_timeout($socket, 10);
fwrite($socket, "fatal\n");
check('a fatal error ends its connection', [stream_get_contents($socket), feof($socket)], ['', true]);
$answers = 0;
for ($i = 0; $i < 20; $i++) {
    $socket = $connect();
    fwrite($socket, "y\n");
    $answers += (int) str_ends_with((string) fgets($socket), " y\n");
}
check('others are answered after it', $answers, 20);
check('exit code', $server->stop(), 0);

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'max_connection' => 10]);
    $server->on('connect', function ($server, $fd) { if ($fd % 2 === 0) { $server->send($fd, "no\n"); $server->close($fd); } });
    $server->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, $data));
    $server->start();
    PHP);
$kept = $refused = 0;
for ($i = 0; $i < 10; $i++) {
    $all[$i] = $socket = stream_socket_client("tcp://127.0.0.1:{$server->port}", timeout: 5);
    stream_set_timeout($socket, 2);
    fwrite($socket, "hi\n");
    $line = fgets($socket);
    $kept += (int) ($line === "hi\n");
    $refused += (int) ($line === "no\n");
}
check('closed in onConnect', [$kept, $refused], [5, 5]);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: 1,000 connections at once, wrong answers
ok: all have ended
ok: what runs at a reload answers
ok: connections at rest are closed by it
ok: new workers answer
ok: a fatal error ends its connection
ok: others are answered after it
ok: exit code
ok: closed in onConnect
ok: exit code
