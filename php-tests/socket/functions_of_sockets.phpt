--TEST--
The functions of the extension sockets take Swoole\Coroutine\Socket, and PHP's own sockets as before
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\Socket;
use function HighperTest\check;

function exercise(object $server, callable $connect): array
{
    $did = [socket_bind($server, '127.0.0.1', 0), socket_listen($server, 5)];
    $did[] = socket_getsockname($server, $host, $port);
    $did[] = $host;
    $client = $connect();
    $did[] = socket_connect($client, '127.0.0.1', $port);
    $peer = socket_accept($server);
    $did[] = [get_class($peer) === get_class($server), socket_write($client, 'hello'), socket_read($peer, 100)];
    $did[] = [socket_send($peer, 'good day', 8, 0), socket_recv($client, $data, 4, 0), $data, socket_recv($client, $data, 100, 0), $data];
    $did[] = [socket_set_option($peer, SOL_SOCKET, SO_KEEPALIVE, 1), (bool) socket_get_option($peer, SOL_SOCKET, SO_KEEPALIVE)];
    $did[] = [socket_shutdown($client, 1), socket_read($peer, 10)];
    foreach ([$client, $peer, $server] as $socket) { socket_close($socket); }
    return $did;
}
function failure(callable $call): string
{
    try {
        $call();
    } catch (TypeError $error) {
        return preg_replace('~, called in.*~', '', $error->getMessage());
    }
    return 'none';
}
for ($round = 0; $round < 3; $round++) {
    $plain = exercise(socket_create(AF_INET, SOCK_STREAM, SOL_TCP), fn () => socket_create(AF_INET, SOCK_STREAM, SOL_TCP));
    Co\run(function () use ($plain) {
        $ours = exercise(new Socket(AF_INET, SOCK_STREAM, 0), fn () => new Socket(AF_INET, SOCK_STREAM, 0));
        check('the same', $ours, $plain);
    });
}
check('nothing else', failure(fn () => socket_listen(new ArrayObject())), 'socket_listen(): Argument #1 ($socket) must be of type Socket, ArrayObject given');
check('too few', failure(fn () => socket_listen()), 'socket_listen() expects at least 1 argument, 0 given');
?>
--EXPECT--
ok: the same
ok: the same
ok: the same
ok: nothing else
ok: too few
