--TEST--
Coroutine\Server accepts each connection in a coroutine of its own; Coroutine\Client speaks packets to it
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\{Client, Server, Server\Connection, Socket};
use function HighperTest\{check, temp_path};

Co\run(function () {
    $settings = ['open_length_check' => true, 'package_length_type' => 'n', 'package_body_offset' => 2];
    $server = new Server('127.0.0.1');
    check('what it is', [$server->host, $server->port > 0, $server->type, $server->setting], ['127.0.0.1', true, AF_INET, ['open_ssl' => false]]);
    check('no handler', [$server->start(), $server->errCode], [false, SOCKET_EINVAL]);
    $server->set($settings);
    $server->handle(function (Connection $connection) use ($server) {
        check('its socket', $connection->exportSocket() instanceof Socket);
        while ($packet = $connection->recv(1)) {
            if ($packet === "\0\4stop") { $server->shutdown(); break; }
            Co::sleep(0.001 * ord($packet[2]));
            $connection->send($packet);
        }
        check('close', $connection->close());
    });
    $ended = false;
    go(function () use ($server, &$ended) { check('start', $server->start()); $ended = true; });
    $order = [];
    foreach ([20, 10, 1] as $time) {
        go(function () use ($server, $settings, $time, &$order) {
            $client = new Client(SWOOLE_SOCK_TCP);
            $client->set($settings);
            $client->connect('127.0.0.1', $server->port, 1);
            $packet = pack('n', 300) . chr($time) . str_repeat('x', 299);
            for ($i = 0; $i < 3; $i++) { $client->send($packet); $order[$time] ??= $client->recv(1) === $packet; }
        });
    }
    Co::sleep(0.2);
    check('nobody waits for others', $order, [1 => true, 10 => true, 20 => true]);
    $client = new Client(SWOOLE_SOCK_TCP);
    $client->connect('127.0.0.1', $server->port);
    $client->send(pack('n', 4) . 'stop');
    check('closed by the server', [$client->recv(1), $client->isConnected(), $client->close()], ['', true, true]);
    Co::sleep(0.01);
    check('shutdown ends it', $ended);

    $local = new Server('unix:' . temp_path('server.sock'));
    check('local', [$local->type, $local->host], [AF_UNIX, temp_path('server.sock')]);
    $local->handle(function ($connection) use ($local) { $connection->send('from ' . $connection->recv()); $local->shutdown(); });
    go(fn () => $local->start());
    $client = new Client(SWOOLE_SOCK_UNIX_STREAM);
    check('a local client', [$client->connect(temp_path('server.sock')), $client->send('here'), $client->recv(1)], [true, 4, 'from here']);

    $port = 0;
    go(function () use (&$port) { $gone = new Socket(AF_INET, SOCK_STREAM, 0); $gone->bind('127.0.0.1', 0); $gone->listen(); $port = $gone->getsockname()['port']; });
    check('one that was just let go of is still found', (new Client(SWOOLE_SOCK_TCP))->connect('127.0.0.1', $port));
    Co::sleep(0.01);
    check('and then not any more', (new Client(SWOOLE_SOCK_TCP))->connect('127.0.0.1', $port), false);
    try { new Server('127.0.0.1', $server->port, false, false); new Server('127.0.0.1', $server->port); echo "not refused\n"; }
    catch (Swoole\Exception $e) { check('in use', [str_starts_with($e->getMessage(), 'bind(127.0.0.1:'), $e->getCode()], [true, SOCKET_EADDRINUSE]); }
    $one = new Server('127.0.0.1', 0, false, true);
    check('shared port', (new Server('127.0.0.1', $one->port, false, true))->port, $one->port);

    $thrower = new Server('127.0.0.1');
    $thrower->handle(function ($connection) use ($thrower) { $connection->recv(); $thrower->shutdown(); });
    go(fn () => $thrower->start());
    $client = new Client(SWOOLE_SOCK_TCP);
    $client->set(['connect_timeout' => 1, 'read_timeout' => 0.01, 'open_tcp_nodelay' => true, 'socket_buffer_size' => 65536, 'bind_address' => '127.0.0.1']);
    check('settings', [$client->connect('localhost', $thrower->port), $client->recv(), $client->errCode], [true, false, SOCKET_ETIMEDOUT]);
    check('names', [$client->getpeername()['port'], $client->getsockname()['host']], [$thrower->port, '127.0.0.1']);
    check('connected already', [$client->connect('127.0.0.1', $thrower->port), $client->errCode], [false, SOCKET_EISCONN]);
    check('its socket', [$client->exportSocket() === $client->socket, $client->socket->close(), $client->send('x'), $client->errCode, $client->socket], [true, true, false, SWOOLE_ERROR_CLIENT_NO_CONNECTION, null]);
});
--EXPECT--
ok: what it is
ok: no handler
ok: its socket
ok: its socket
ok: its socket
ok: close
ok: close
ok: close
ok: nobody waits for others
ok: its socket
ok: start
ok: close
ok: closed by the server
ok: shutdown ends it
ok: local
ok: a local client
ok: one that was just let go of is still found
ok: and then not any more
ok: in use
ok: shared port
ok: settings
ok: names
ok: connected already
ok: its socket
