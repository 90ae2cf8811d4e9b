--TEST--
Coroutine\Socket: UDP, local sockets, names, options, streams of PHP; Coroutine\Client the same
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\{Client, Socket};
use function HighperTest\{check, temp_path};

Co\run(function () {
    $a = new Socket(AF_INET, SOCK_DGRAM, 0);
    $a->bind('127.0.0.1', 0);
    ['port' => $port] = $a->getsockname();
    $b = new Socket(AF_INET, SOCK_DGRAM, 0);
    check('sendto', [$b->sendto('127.0.0.1', $port, 'packet'), $a->recvfrom($peer), $peer], [6, 'packet', ['address' => '127.0.0.1', 'port' => $b->getsockname()['port']]]);
    check('by name', [$b->sendto('localhost', $port, 'named'), $a->recvfrom($peer)], [5, 'named']);
    check('a bad port', [$b->sendto('127.0.0.1', 70000, 'x'), $b->errCode, $b->errMsg], [false, SWOOLE_ERROR_BAD_PORT, 'Bad port']);
    check('no such name', [$b->sendto('no.such.invalid', 1, 'x'), $b->errCode], [false, SWOOLE_ERROR_DNSLOOKUP_RESOLVE_FAILED]);
    check('connected', [$b->connect('127.0.0.1', $port), $b->send('again'), $a->recv()], [true, 5, 'again']);
    $client = new Client(SWOOLE_SOCK_UDP);
    check('a client sends without connecting', [$client->sendto('127.0.0.1', $port, 'hello'), $a->recvfrom($peer)], [true, 'hello']);
    $a->sendto($peer['address'], $peer['port'], 'answer');
    check('and receives', [$client->recvfrom(100, $address, $from), $address, $from], ['answer', '127.0.0.1', $port]);
    $refused = new Client(SWOOLE_SOCK_UDP);
    $a->close();
    $refused->connect('127.0.0.1', $port);
    check('nobody there', [$refused->send('x'), $refused->recv(1), $refused->errCode], [1, false, SOCKET_ECONNREFUSED]);

    foreach ([[SOCK_STREAM, SWOOLE_SOCK_UNIX_STREAM], [SOCK_DGRAM, SWOOLE_SOCK_UNIX_DGRAM]] as [$type, $kind]) {
        $path = temp_path("local$type");
        $server = new Socket(AF_UNIX, $type, 0);
        check("bind to a path ($type)", $server->bind($path));
        check('its name', $server->getsockname(), ['address' => $path, 'port' => 0]);
        $client = new Client($kind);
        if ($type === SOCK_STREAM) { $server->listen(); }
        check('connect', $client->connect($path));
        $client->send('over a path');
        $end = $type === SOCK_STREAM ? $server->accept(1) : $server;
        check('recv', $end->recv(100, 1), 'over a path');
    }
    $long = new Socket(AF_UNIX, SOCK_STREAM, 0);
    check('a path that is too long', [$long->bind(str_repeat('x', 200)), $long->errCode], [false, SWOOLE_ERROR_NAME_TOO_LONG]);

    $tcp = new Socket(AF_INET, SOCK_STREAM, 0);
    check('a name is no address to bind to', [$tcp->bind('localhost', 0), $tcp->errCode, $tcp->errMsg], [false, SWOOLE_ERROR_BAD_HOST_ADDR, 'Bad host addr']);
    check('IPv6', [($six = new Socket(AF_INET6, SOCK_STREAM, 0))->bind('::1', 0), $six->getsockname()['address']], [true, '::1']);
    check('options', [$tcp->setOption(SOL_SOCKET, SO_KEEPALIVE, 1), $tcp->getOption(SOL_SOCKET, SO_KEEPALIVE), $tcp->getOption(SOL_TCP, TCP_NODELAY)], [true, 1, 1]);
    check('SO_LINGER', [$tcp->setOption(SOL_SOCKET, SO_LINGER, ['l_onoff' => 1, 'l_linger' => 5]), $tcp->getOption(SOL_SOCKET, SO_LINGER)], [true, ['l_onoff' => 1, 'l_linger' => 5]]);
    check('SO_LINGER without a key', @$tcp->setOption(SOL_SOCKET, SO_LINGER, []), false);
    try { $tcp->setOption(SOL_SOCKET, SO_LINGER, 5); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
    try { $tcp->setOption(SOL_SOCKET, SO_LINGER, ['l_onoff' => -1, 'l_linger' => 5]); } catch (ValueError $e) { echo $e->getMessage(), "\n"; }
    check('no such option', @$tcp->getOption(99, 99), false);
    check('TCP_INFO', array_key_exists('rtt', $tcp->getOption(SOL_TCP, TCP_INFO)));
    $udp = new Socket(AF_INET, SOCK_DGRAM, 0);
    check('groups', [$udp->setOption(IPPROTO_IP, MCAST_JOIN_GROUP, ['group' => '224.10.20.30', 'interface' => 'lo']), $udp->setOption(IPPROTO_IP, MCAST_LEAVE_GROUP, ['group' => '224.10.20.30', 'interface' => 'lo'])], [true, true]);
    check('the interface of groups', [$udp->setOption(IPPROTO_IP, IP_MULTICAST_IF, 'lo'), $udp->getOption(IPPROTO_IP, IP_MULTICAST_IF)], [true, 1]);
    check('no such interface', @$udp->setOption(IPPROTO_IP, MCAST_JOIN_GROUP, ['group' => '224.10.20.30', 'interface' => 'none']), false);

    [$one, $two] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $socket = Socket::import($one);
    $socket->send('from the socket');
    check('a stream reads', fread($two, 100), 'from the socket');
    fwrite($two, 'from the stream');
    check('a socket reads', $socket->recv(100, 1), 'from the stream');
    check('closing it closes the stream', [$socket->close(), is_resource($one), stream_get_contents($two)], [true, false, '']);
    check('a file is no socket', @Socket::import(fopen(__FILE__, 'r')), false);
    foreach ([$one, 'text'] as $bad) { try { Socket::import($bad); } catch (TypeError $e) { echo $e->getMessage(), "\n"; } }

    try { new Client(99); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
    check('no host', @(new Client(SWOOLE_SOCK_TCP))->connect(''), false);
    check('no port', @(new Client(SWOOLE_SOCK_TCP))->connect('127.0.0.1'), false);
    $none = new Client(SWOOLE_SOCK_TCP);
    check('not connected', [$none->recv(), $none->errCode, $none->send('x'), $none->isConnected(), $none->exportSocket()], [false, SWOOLE_ERROR_CLIENT_NO_CONNECTION, false, false, null]);
    check('refused', [$none->connect('127.0.0.1', 1), $none->errCode, $none->errMsg, $none->connected, $none->socket], [false, SOCKET_ECONNREFUSED, 'Connection refused', false, null]);
});
Co\run(function () { try { clone new Client(SWOOLE_SOCK_TCP); } catch (Error $e) { echo get_class($e), "\n"; } });
--EXPECT--
ok: sendto
ok: by name
ok: a bad port
ok: no such name
ok: connected
ok: a client sends without connecting
ok: and receives
ok: nobody there
ok: bind to a path (1)
ok: its name
ok: connect
ok: recv
ok: bind to a path (2)
ok: its name
ok: connect
ok: recv
ok: a path that is too long
ok: a name is no address to bind to
ok: IPv6
ok: options
ok: SO_LINGER
ok: SO_LINGER without a key
Swoole\Coroutine\Socket::setOption(): Argument #3 ($opt_value) must be of type array when argument $option is SO_LINGER, int given
Swoole\Coroutine\Socket::setOption(): Argument #3 ($opt_value) "l_onoff" must be between 0 and 65535
ok: no such option
ok: TCP_INFO
ok: groups
ok: the interface of groups
ok: no such interface
ok: a stream reads
ok: a socket reads
ok: closing it closes the stream
ok: a file is no socket
Swoole\Coroutine\Socket::import(): supplied resource is not a valid stream resource
Swoole\Coroutine\Socket::import(): Argument #1 ($stream) must be of type resource, string given
Swoole\Coroutine\Client::__construct() expects parameter 1 to be client type, unknown type 99 given
ok: no host
ok: no port
ok: not connected
ok: refused
Error
