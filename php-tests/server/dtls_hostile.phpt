--TEST--
DTLS against bad peers: floods without a cookie keep nothing and get less than they send; garbage, replays, who vanishes, who begins anew
--EXTENSIONS--
openssl
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience, wait_until};
use HighperTest\{Certificates, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
[$port, $patient] = [free_port(), free_port()];
$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1]);
    $server->on('receive', fn ($server, $fd) => $server->send($fd, json_encode([$server->stats()['connection_num'], count(scandir('/proc/self/fd')), $GLOBALS['heard']]) . "\n"));
    $dtls = $server->listen('127.0.0.1', (int) getenv('DTLS'), SWOOLE_SOCK_UDP | SWOOLE_SSL);
    $dtls->set(['ssl_cert_file' => getenv('CRT'), 'ssl_key_file' => getenv('KEY'), 'heartbeat_idle_time' => 2, 'heartbeat_check_interval' => 1]);
    $patient = $server->listen('127.0.0.1', (int) getenv('PATIENT'), SWOOLE_SOCK_UDP | SWOOLE_SSL);
    $patient->set(['ssl_cert_file' => getenv('CRT'), 'ssl_key_file' => getenv('KEY')]);
    $patient->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, $data));
    $heard = [];
    $dtls->on('connect', fn () => print("connected\n"));
    $dtls->on('close', fn () => print("closed\n"));
    $dtls->on('receive', function ($server, $fd, $reactor, $data) {
        $GLOBALS['heard'][] = $data;
        $server->send($fd, $data);
    });
    $server->start();
    PHP, environment: ['DTLS' => (string) $port, 'PATIENT' => (string) $patient, 'CRT' => $certificates->path('one.crt'), 'KEY' => $certificates->path('one.key')]);
// Its first port is open before the others are bound.
$server->waitForLog('ready: ');
$tcp = $server->connect();
$state = function () use ($tcp): array {
    $tcp->send('state');
    return json_decode($tcp->readLine());
};

/** A path between a client and the server: what `$rule` gives for a datagram goes on. */
function path(int $port, callable $rule, callable $do): void
{
    Co\run(function () use ($port, $rule, $do) {
        [$near, $far] = [new Swoole\Coroutine\Socket(AF_INET, SOCK_DGRAM, 0), new Swoole\Coroutine\Socket(AF_INET, SOCK_DGRAM, 0)];
        $near->bind('127.0.0.1');
        $far->connect('127.0.0.1', $port);
        $client = null;
        $goes = function (Swoole\Coroutine\Socket $from, bool $up) use ($near, $far, $rule, &$client) {
            while (($data = $up ? $from->recvfrom($peer, -1) : $from->recv(timeout: -1)) !== false) {
                if ($up) {
                    $client = $peer;
                }
                foreach ($rule($data, $up) as $one) {
                    $up ? $far->send($one) : $near->sendto($client['address'], $client['port'], $one);
                }
            }
        };
        Co\go($goes, $near, true);
        Co\go($goes, $far, false);
        $do($near->getsockname()['port']);
        // What was said last goes on first.
        Co::sleep(0.05);
        $near->close();
        $far->close();
    });
}
function client(int $port, float $seconds = 10): Swoole\Coroutine\Client|bool
{
    $client = new Swoole\Coroutine\Client(SWOOLE_SOCK_UDP | SWOOLE_SSL);
    $client->set(['connect_timeout' => patience($seconds), 'timeout' => patience($seconds)]);
    return @$client->connect('127.0.0.1', $port) ? $client : false;
}

// What a client says first, and with its cookie.
$said = [];
path($port, function (string $data, bool $up) use (&$said) {
    $up && $said[] = $data;
    return [$data];
}, function (int $near) {
    $client = client($near);
    $client->send('first');
    check('through the path', $client->recv(), 'first');
    $client->close();
});
[$hello, $cookie] = $said;
wait_until(fn () => substr_count($server->log(), 'closed') === 1, 'its end');
[$connections, $files] = $state();

$raw = socket_create(AF_INET, SOCK_DGRAM, 0);
socket_connect($raw, '127.0.0.1', $port);
socket_set_option($raw, SOL_SOCKET, SO_RCVTIMEO, ['sec' => (int) patience(5), 'usec' => 0]);
$most = 0;
for ($i = 0; $i < 2000; $i++) {
    // Another random each time.
    socket_send($raw, substr_replace($hello, random_bytes(28), 31, 28), strlen($hello), 0);
    socket_recv($raw, $answer, 2000, 0);
    $most = max($most, strlen($answer));
}
check('an answer is shorter than its question', $most > 40 && $most < strlen($hello) ?: $most);
check('a hello is answered by a question only', ord($answer[13]), 3);
socket_send($raw, $cookie, strlen($cookie), 0);
socket_recv($raw, $answer, 2000, 0);
check("another one's cookie proves nothing", ord($answer[13]), 3);
for ($i = 0; $i < 5000; $i++) {
    $garbage = match ($i % 4) {
        0 => random_bytes(random_int(1, 100)),
        1 => substr($cookie, 0, random_int(0, strlen($cookie) - 1)),
        2 => substr_replace($cookie, random_bytes(4), random_int(0, strlen($cookie) - 4), 4),
        3 => "\x17\xfe\xfd\0\1\0\0\0\0\0\1\0\x30" . random_bytes(48),
    };
    @socket_send($raw, $garbage, strlen($garbage), 0);
}
check('nothing was kept', array_slice($state(), 0, 2), [$connections, $files]);
socket_close($raw);

// Garbage and replays inside of a session.
$before = '';
path($port, function (string $data, bool $up) use (&$before) {
    if (ord($data[0]) !== 23) {
        return [$data];
    }
    $flipped = $data;
    $at = random_int(13, strlen($data) - 1);
    $flipped[$at] = chr(ord($data[$at]) ^ 1);
    $all = [$flipped, $data, $data, $before, random_bytes(60), substr($data, 0, 20)];
    $before = $data;
    return array_filter($all);
}, function (int $near) {
    $client = client($near);
    foreach (['a', 'b', 'c'] as $text) {
        $client->send($text);
        $got[] = $client->recv();
    }
    check('each packet counts once', $got, ['a', 'b', 'c']);
    check('nothing more comes', @$client->recv(0.2), false);
    $client->close();
});
check('at the server, too', $state()[2], ['first', 'a', 'b', 'c']);

// A third is lost, a third comes twice.
$turn = 0;
path($patient, function (string $data, bool $up) use (&$turn) {
    $turn++;
    return $turn > 30 || ord($data[0]) === 23 ? [$data] : array_fill(0, [1, 0, 2][$turn % 3], $data);
}, function (int $near) {
    $client = client($near, 20);
    $client->send('at last');
    check('a bad path', $client->recv(), 'at last');
    $client->close();
});

// From the server's first words on nothing arrives.
$count = substr_count($server->log(), 'connected');
path($port, fn (string $data, bool $up) => $up || ord($data[13] ?? '') === 3 ? [$data] : [], fn (int $near) => check('who hears nothing gives up', client($near, 1.5), false));
wait_until(fn () => $state()[0] === $connections, 'the end of who has vanished', 15);
check('nobody was told of it', substr_count($server->log(), 'connected'), $count);

// The same address, with a new session: the first client's last word is lost.
path($port, fn (string $data, bool $up) => $up && ord($data[0]) === 21 ? [] : [$data], function (int $near) use ($server) {
    $first = client($near);
    $first->send('once');
    check('at first', $first->recv(), 'once');
    $first->close();
    $closed = substr_count($server->log(), 'closed');
    $second = client($near);
    $second->send('once more');
    check('one that begins anew', $second->recv(), 'once more');
    wait_until(fn () => substr_count($server->log(), 'closed') > $closed, 'the end of the one before');
    check('silence ends it', $second->recv(patience(10)), '');
});
check('exit code', $server->stop(), 0);
--EXPECT--
ok: through the path
ok: an answer is shorter than its question
ok: a hello is answered by a question only
ok: another one's cookie proves nothing
ok: nothing was kept
ok: each packet counts once
ok: nothing more comes
ok: at the server, too
ok: a bad path
ok: who hears nothing gives up
ok: nobody was told of it
ok: at first
ok: one that begins anew
ok: silence ends it
ok: exit code
