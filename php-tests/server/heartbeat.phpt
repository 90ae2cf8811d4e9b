--TEST--
Silent connections: heartbeat_idle_time, protect(), heartbeat(), max_idle_time, enable_delay_receive with confirm()
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port};
use HighperTest\Server;

$ports = array_map(fn () => free_port(), ['asked' => 0, 'delayed' => 0, 'never' => 0]);
$server = Server::start(<<<'PHP'
    <?php
    $ports = json_decode(getenv('PORTS'), true);
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'heartbeat_idle_time' => 1, 'heartbeat_check_interval' => 1]);
    $server->listen('127.0.0.1', $ports['never'], SWOOLE_SOCK_TCP)->set(['heartbeat_idle_time' => 100]);
    $server->listen('127.0.0.1', $ports['asked'], SWOOLE_SOCK_TCP)->set(['max_idle_time' => 0.5, 'heartbeat_idle_time' => 100]);
    $delayed = $server->listen('127.0.0.1', $ports['delayed'], SWOOLE_SOCK_TCP);
    $delayed->set(['enable_delay_receive' => true, 'heartbeat_idle_time' => 100]);
    $delayed->on('connect', function ($server, $fd) { Swoole\Timer::after(150, fn () => $server->confirm($fd)); });
    $server->on('receive', function ($server, $fd, $reactor, $data) {
        if (trim($data) === 'protect') { $server->protect($fd); }
        if (trim($data) === 'silent') { $data = json_encode($server->heartbeat(false)) . "\n"; }
        $server->send($fd, $data);
    });
    $server->on('close', fn ($server, $fd, $reactor) => print("closed {$reactor}\n"));
    $server->start();
    PHP, environment: ['PORTS' => json_encode($ports)]);
$to = function (int $port, string $text = '') {
    $socket = stream_socket_client("tcp://127.0.0.1:{$port}");
    stream_set_timeout($socket, 4);
    $text === '' || fwrite($socket, "{$text}\n");
    return $socket;
};
$delayed = $to($ports['delayed'], 'early');
$begun = microtime(true);
check('nothing is read before confirm()', [fgets($delayed), microtime(true) - $begun > 0.1], ["early\n", true]);
[$silent, $protected, $talking, $never, $idle] = [$to($server->port, 'x'), $to($server->port, 'protect'), $to($server->port, 'x'), $to($ports['never'], 'x'), $to($ports['asked'], 'x')];
foreach ([$silent, $protected, $talking, $never, $idle] as $socket) {
    fgets($socket);
}
$begun = microtime(true);
while (microtime(true) - $begun < 2.3) {
    usleep(200_000);
    fwrite($talking, "more\n");
    fgets($talking);
}
$is_open = function ($socket): bool {
    stream_set_blocking($socket, false);
    return fgets($socket) === false && !feof($socket);
};
check('a silent one is closed', $is_open($silent), false);
check('one on a port of its own idle time', $is_open($idle), false);
check('protected, talking, on a patient port', [$is_open($protected), $is_open($talking), $is_open($never)], [true, true, true]);
check('exit code', $server->stop(), 0);

// In process mode the connections are elsewhere: any process asks.
$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $server->set(['worker_num' => 2, 'task_worker_num' => 1, 'heartbeat_idle_time' => 1, 'enable_coroutine' => false]);
    $server->on('task', fn ($server, $id, $from, $closes) => $server->heartbeat($closes));
    $server->on('receive', function ($server, $fd, $reactor, $data) {
        $server->send($fd, json_encode(match (trim($data)) {
            'number' => $fd,
            'protect' => $server->protect($fd),
            'silent' => $server->heartbeat(false),
            'task' => $server->taskwait(false, 5),
            'close' => $server->heartbeat(true),
        }) . "\n");
    });
    $server->start();
    PHP);
$ask = function ($socket, string $text) {
    fwrite($socket, "{$text}\n");
    return json_decode((string) fgets($socket), true);
};
[$protected, $talking] = [$to($server->port), $to($server->port)];
$ask($protected, 'number') && $ask($protected, 'protect');
// Between its silence and the next look of the server itself there is a moment of up to a second: some client is found then.
$finds = function (string $how) use ($to, $ask, $talking, $server): bool {
    for ($turn = 0; $turn < 20; $turn++) {
        $number = $ask($silent = $to($server->port), 'number');
        stream_set_blocking($silent, false);
        do {
            $found = $ask($talking, $how);
            if ($found === [$number]) {
                return true;
            }
            usleep(2000);
        } while ($found === [] && fgets($silent) === false && !feof($silent));
    }
    return false;
};
check('process mode: nobody is silent', $ask($talking, 'silent'), []);
check('process mode: a worker asks', $finds('silent'));
check('process mode: a task worker asks', $finds('task'));
check('process mode: it is told of those that it closes', $finds('close'));
check('process mode: the others are open', [$ask($talking, 'silent'), $ask($protected, 'number') > 0], [[], true]);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: nothing is read before confirm()
ok: a silent one is closed
ok: one on a port of its own idle time
ok: protected, talking, on a patient port
ok: exit code
ok: process mode: nobody is silent
ok: process mode: a worker asks
ok: process mode: a task worker asks
ok: process mode: it is told of those that it closes
ok: process mode: the others are open
ok: exit code
