--TEST--
Closing a socket under its waiters: both are told at once, also those that data has woken already, and nothing stays open
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\{Client, Server, Socket};
use function HighperTest\check;

Co\run(function () {
    $open = fn () => count(scandir('/proc/self/fd'));
    Co::sleep(0.001); // the loop opens what it needs when it first waits
    $before = $open();
    [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
    $log = [];
    go(function () use ($a, &$log) { $sent = $a->sendAll(str_repeat('x', 32 << 20)); $log[] = ['write', $sent > 0 && $sent < 32 << 20, $a->errCode]; });
    go(function () use ($a, &$log) { $log[] = ['read', $a->recv(), $a->errCode]; });
    check('close', [$a->close(), $a->isClosed()], [true, true]);
    check('both were told', $log, [['write', true, SOCKET_ECANCELED], ['read', false, SOCKET_ECANCELED]]);
    check('the peer reads what was sent', strlen($b->recvAll(32 << 20, 1)) > 0);
    unset($a, $b);
    check('nothing stays open', $open(), $before);

    // Woken by data, closed before it runs: it is told of the close and reads nothing of another's.
    [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
    $got = null;
    go(function () use ($b, &$got) { $got = [$b->recv(), $b->errCode]; });
    $b2 = $b;
    Swoole\Timer::after(1, function () use ($a, $b2) { $a->send('data'); });
    go(function () use ($b) { Co::sleep(0.001); $b->close(); });
    Co::sleep(0.01);
    check('one or the other', in_array($got, [['data', 0], [false, SOCKET_ECANCELED]], true));
    unset($a, $b, $b2);

    for ($round = 0; $round < 300; $round++) {
        [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
        go(function () use ($b) { while ($b->recv() != '') { } });
        go(function () use ($a) { $a->send('one'); $a->send('two'); });
        if ($round % 3 === 0) { Co::sleep(0.001); }
        go(function () use ($b) { $b->close(); });
        go(function () use ($a, $round) { if ($round % 2) { $a->close(); } });
    }
    unset($a, $b);
    Co::sleep(0.01);
    check('nothing stays open after 300 of them', $open(), $before);

    $listener = new Socket(AF_INET, SOCK_STREAM, 0);
    $listener->bind('127.0.0.1', 0);
    $listener->listen();
    $port = $listener->getsockname()['port'];
    $client = new Client(SWOOLE_SOCK_TCP);
    check('a client connects', $client->connect('127.0.0.1', $port));
    go(function () use ($client) { check('its reader is told', [$client->recv(), $client->errCode, $client->close()], [false, SOCKET_ECANCELED, true]); });
    check('who closes is told of the reader', [$client->close(), $client->errCode], [false, SWOOLE_ERROR_CO_SOCKET_CLOSE_WAIT]);
    check('there is no connection', [$client->connected, $client->socket, $client->recv(), $client->errCode], [false, null, false, SWOOLE_ERROR_CLIENT_NO_CONNECTION]);
    check('it connects again', $client->connect('127.0.0.1', $port));
    go(function () use ($listener, &$got) { $listener->accept(); $listener->accept(); $got = [$listener->accept(), $listener->errCode]; });
    $listener->close();
    check('who accepts is told', $got, [false, SOCKET_ECANCELED]);
    check('the port is free', (new Socket(AF_INET, SOCK_STREAM, 0))->bind('127.0.0.1', $port));
});
--EXPECT--
ok: close
ok: both were told
ok: the peer reads what was sent
ok: nothing stays open
ok: one or the other
ok: nothing stays open after 300 of them
ok: a client connects
ok: its reader is told
ok: who closes is told of the reader
ok: there is no connection
ok: it connects again
ok: who accepts is told
ok: the port is free
