--TEST--
Coroutine\Socket: readers that are slow or take nothing, peers that have closed one direction, time-outs of every wait
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\Socket;
use function HighperTest\check;

Co\run(function () {
    $pair = function (): array {
        $listener = new Socket(AF_INET, SOCK_STREAM, 0);
        $listener->bind('127.0.0.1', 0);
        $listener->listen();
        $client = new Socket(AF_INET, SOCK_STREAM, 0);
        $client->setOption(SOL_SOCKET, SO_SNDBUF, 8192);
        $client->connect('127.0.0.1', $listener->getsockname()['port']);
        return [$client, $listener->accept(1)];
    };

    [$a, $b] = $pair();
    $size = 1 << 20;
    $sent = null;
    go(function () use ($a, $size, &$sent) { $sent = $a->sendAll(random_bytes($size)); $a->shutdown(1); });
    $received = 0;
    for ($n = 0; ($part = $b->recv(65536, 2)) !== '' && $part !== false; $n++) { $received += strlen($part); if ($n % 16 === 0) { Co::sleep(0.001); } }
    check('all of it came, slowly', [$received, $sent, $a->errCode], [$size, $size, 0]);

    check('half-closed: the end to one side', [$b->recv(), $b->errCode], ['', 0]);
    check('half-closed: the other side still talks', [$b->send('still here'), $a->recv(), $a->errCode], [10, 'still here', 0]);
    check('half-closed: no more sending', [$a->send('x'), $a->errCode, $a->errMsg], [false, SOCKET_EPIPE, 'Broken pipe']);
    check('half-closed: not twice', [$a->shutdown(1), $a->errCode], [false, SOCKET_ENOTCONN]);
    check('the other half', [$a->shutdown(0), $a->shutdown(), $a->errCode], [true, false, SOCKET_ENOTCONN]);

    [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
    $t = microtime(true);
    $sent = $a->sendAll(str_repeat('x', 64 << 20), 0.05);
    check('a reader that takes nothing: part of it, in time', [$sent > 0 && $sent < 64 << 20, $a->errCode, $a->errMsg, microtime(true) - $t < 2], [true, SOCKET_ETIMEDOUT, 'Connection timed out', true]);
    check('and then nothing at all', [$a->send('x', 0.01), $a->errCode, $a->sendAll('x', 0.01), $a->errCode], [false, SOCKET_ETIMEDOUT, false, SOCKET_ETIMEDOUT]);
    check('vectors', [$a->writeVector(['x'], 0.01), $a->errCode, $a->writeVectorAll(['x'], 0.01), $a->errCode], [false, SOCKET_ETIMEDOUT, false, SOCKET_ETIMEDOUT]);

    [$a, $b] = $pair();
    $b->setProtocol(['open_length_check' => true]);
    $listener = new Socket(AF_INET, SOCK_STREAM, 0);
    $listener->bind('127.0.0.1', 0);
    $listener->listen();
    $packets = new Socket(AF_INET, SOCK_DGRAM, 0);
    $packets->bind('127.0.0.1', 0);
    $waits = [
        'recv' => fn () => $b->recv(10, 0.02), 'recvAll' => fn () => $b->recvAll(10, 0.02), 'recvLine' => fn () => $b->recvLine(10, 0.02),
        'recvWithBuffer' => fn () => $b->recvWithBuffer(10, 0.02), 'recvPacket' => fn () => $b->recvPacket(0.02),
        'readVector' => fn () => $b->readVector([5], 0.02), 'readVectorAll' => fn () => $b->readVectorAll([5], 0.02),
    ];
    foreach ($waits as $name => $wait) {
        $t = microtime(true);
        check("$name in time", [$wait(), $b->errCode, swoole_last_error(), abs(microtime(true) - $t - 0.02) < 0.3], [false, SOCKET_ETIMEDOUT, SOCKET_ETIMEDOUT, true]);
    }
    check('accept in time', [$listener->accept(0.01), $listener->errCode], [false, SOCKET_ETIMEDOUT]);
    check('recvfrom in time', [$packets->recvfrom($peer, 0.01), $packets->errCode], [false, SOCKET_ETIMEDOUT]);
    $b->setOption(SOL_SOCKET, SO_RCVTIMEO, ['sec' => 0, 'usec' => 10_000]);
    check('the time that was set', [$b->getOption(SOL_SOCKET, SO_RCVTIMEO), $b->recv(), $b->errCode], [['sec' => 0, 'usec' => 10_000], false, SOCKET_ETIMEDOUT]);
    $a->send('12345');
    check('what came before the time was over', [$b->recvAll(10, 0.01), $b->errCode], ['12345', SOCKET_ETIMEDOUT]);
    go(function () use ($a) { Co::sleep(0.01); $a->send('x'); });
    check('negative: without end', $b->recv(10, -1), 'x');
});
Co::set(['socket_read_timeout' => 0.01]);
Co\run(function () {
    [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
    check('the time of new sockets', [$a->recv(), $a->errCode], [false, SOCKET_ETIMEDOUT]);
});
--EXPECT--
ok: all of it came, slowly
ok: half-closed: the end to one side
ok: half-closed: the other side still talks
ok: half-closed: no more sending
ok: half-closed: not twice
ok: the other half
ok: a reader that takes nothing: part of it, in time
ok: and then nothing at all
ok: vectors
ok: recv in time
ok: recvAll in time
ok: recvLine in time
ok: recvWithBuffer in time
ok: recvPacket in time
ok: readVector in time
ok: readVectorAll in time
ok: accept in time
ok: recvfrom in time
ok: the time that was set
ok: what came before the time was over
ok: negative: without end
ok: the time of new sockets
