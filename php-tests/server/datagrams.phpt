--TEST--
Datagrams: UDP and local sockets, where they came from, sendto(), a packet as large as can be, beside a stream
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path};
use HighperTest\Server;

$path = temp_path('packets.sock');
$udp = free_port();
$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1]);
    $udp = $server->listen('127.0.0.1', (int) getenv('UDP'), SWOOLE_SOCK_UDP);
    $local = $server->addlistener(getenv('LOCAL'), 0, SWOOLE_SOCK_UNIX_DGRAM);
    $server->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, 'tcp ' . $data));
    $server->on('packet', function ($server, $data, $from) {
        if ($data === 'about') {
            $data = json_encode([$from['address'], $from['port'] > 0, $from['server_port'] == getenv('UDP'), is_int($from['server_socket']), abs($from['dispatch_time'] - microtime(true)) < 1]);
        }
        isset($from['port']) ? $server->sendto($from['address'], $from['port'], $data, $from['server_socket']) : $server->send($from['address'], "local {$data}");
    });
    $server->on('workerStart', function ($server) use ($udp) {
        $all = [@$server->sendto('::1', 1, 'x'), error_get_last()['message'], @$server->sendto('127.0.0.1', 1, ''), $server->sendto('127.0.0.1', 70000, 'x'), $udp->type, $udp->port == getenv('UDP')];
        echo json_encode($all), "\n";
    });
    $server->start();
    PHP, environment: ['UDP' => (string) $udp, 'LOCAL' => $path]);

$socket = stream_socket_client("udp://127.0.0.1:{$udp}");
stream_set_timeout($socket, 2);
fwrite($socket, 'hello');
check('UDP', fread($socket, 100), 'hello');
fwrite($socket, 'about');
check('where it came from', fread($socket, 200), '["127.0.0.1",true,true,true,true]');
fwrite($socket, $big = random_bytes(65507));
check('the largest', stream_socket_recvfrom($socket, 70000) === $big);
fwrite($socket, '');
fwrite($socket, 'after an empty one');
check('an empty one', in_array($got = fread($socket, 100), ['', 'after an empty one'], true));
$own = socket_create(AF_UNIX, SOCK_DGRAM, 0);
socket_bind($own, temp_path('own.sock'));
socket_sendto($own, 'there', 5, 0, $path);
socket_recvfrom($own, $answer, 100, 0, $from);
check('a local socket', [$answer, $from], ['local there', $path]);
$client = new Swoole\Client(SWOOLE_SOCK_UNIX_DGRAM);
check('a client without a name is answered', [$client->connect($path, 0, 2), $client->send('me'), $client->recv()], [true, 2, 'local me']);
$tcp = $server->connect();
$tcp->send("x\n");
check('a stream beside them', trim($tcp->readLine()), 'tcp x');
check('what sendto refuses', preg_replace('/.*^(\[false[^\n]*).*/ms', '$1', $server->log()), '[false,"Swoole\\\\Server::sendto(): UDP6 listener has to be added before executing sendto",false,false,2,true]');
check('exit code', $server->stop(), 0);
--EXPECT--
ok: UDP
ok: where it came from
ok: the largest
ok: an empty one
ok: a local socket
ok: a client without a name is answered
ok: a stream beside them
ok: what sendto refuses
ok: exit code
