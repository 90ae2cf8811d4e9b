--TEST--
getSocket(): a socket of the extension sockets, for options of clients and servers; it closes a copy of the descriptor
--EXTENSIONS--
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;

$listener = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1);
$try = function (Swoole\Client|Swoole\Async\Client $client) use ($listener): void {
    $peer = stream_socket_accept($listener, 5);
    $socket = $client->getSocket();
    check('a socket', [$socket instanceof Socket, $client->getSocket() instanceof Socket, $client->getSocket() === $socket], [true, true, false]);
    check('an option', [socket_set_option($socket, SOL_SOCKET, SO_KEEPALIVE, 1), socket_get_option($socket, SOL_SOCKET, SO_KEEPALIVE) !== 0], [true, true]);
    check('names', socket_getpeername($socket, $host, $number) ? "{$host}:{$number}" : null, stream_socket_get_name($listener, false));
    socket_close($socket);
    unset($socket);
    gc_collect_cycles();
    check('the client goes on', [$client->send('still here'), fread($peer, 10)], [10, 'still here']);
    $socket = $client->getSocket();
    $client->close();
    check('the copy outlives it', socket_get_option($socket, SOL_SOCKET, SO_KEEPALIVE) !== 0);
    unset($socket);
    stream_set_timeout($peer, 5);
    check('both are closed', [fread($peer, 1), feof($peer)], ['', true]);
};
$client = new Swoole\Client(SWOOLE_SOCK_TCP);
$client->connect('127.0.0.1', $port, 5);
$try($client);
check('no connection', @$client->getSocket(), false);
$descriptors = count(scandir('/proc/self/fd'));
$client = new Swoole\Client(SWOOLE_SOCK_TCP);
$client->connect('127.0.0.1', $port, 5);
for ($i = 0; $i < 100; $i++) {
    $client->getSocket();
}
$client->close();
check('no descriptor is left', count(scandir('/proc/self/fd')), $descriptors);
$server = new Swoole\Server('127.0.0.1', 0);
$more = $server->listen('127.0.0.1', 0, SWOOLE_SOCK_TCP);
$name = function (Socket|false $socket): ?int { return $socket && socket_getsockname($socket, $host, $number) ? $number : null; };
check('a server', [$name($server->getSocket()), $name($server->getSocket($more->port)), $name($more->getSocket())], [$server->port, $more->port, $more->port]);
check('no such port', [@$server->getSocket(1), error_get_last()['message']], [false, 'Swoole\Server::getSocket(): the server has no port 1']);
?>
--EXPECT--
ok: a socket
ok: an option
ok: names
ok: the client goes on
ok: the copy outlives it
ok: both are closed
ok: no connection
ok: no descriptor is left
ok: a server
ok: no such port
