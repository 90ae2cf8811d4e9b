--TEST--
Swoole\Client::connect() with $sock_flag 1 begins to connect and does not wait: the loop says when it can be written
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\{Client, Event};
use function HighperTest\check;

$server = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($server, false), ':'), 1);

$client = new Client(SWOOLE_SOCK_TCP);
check('begun', [$client->connect('127.0.0.1', $port, 1, 1), $client->errCode, $client->isConnected()], [true, SOCKET_EINPROGRESS, true]);
Event::add($client, null, function (Client $client) use ($server) {
    $peer = stream_socket_accept($server);
    check('sent', $client->send("hello\n"), 6);
    check('received by the peer', fgets($peer), "hello\n");
    fwrite($peer, "good day\n");
    Event::set($client, function (Client $client) {
        check('received', $client->recv(), "good day\n");
        Event::del($client);
        $client->close();
    }, null, SWOOLE_EVENT_READ);
}, SWOOLE_EVENT_WRITE);
Event::wait();

// Nobody listens there: what was begun fails when it is used.
fclose($server);
$client = new Client(SWOOLE_SOCK_TCP);
$client->connect('127.0.0.1', $port, 1, 1);
check('refused', [@$client->send('x'), $client->errCode === SOCKET_ECONNREFUSED || $client->errCode === SOCKET_EPIPE], [false, true]);
check('a name that does not exist', @(new Client(SWOOLE_SOCK_TCP))->connect('no.such.name.invalid', 80, 1, 1), false);
echo "done\n";
?>
--EXPECT--
ok: begun
ok: sent
ok: received by the peer
ok: received
ok: refused
ok: a name that does not exist
done
