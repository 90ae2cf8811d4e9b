--TEST--
Coroutine\Socket: each wait can be cancelled, by the socket, by the coroutine's id, and by an exception
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\{CanceledException, Socket};
use function HighperTest\check;

Co\run(function () {
    $make = function (): array {
        [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
        $b->setProtocol(['open_length_check' => true]);
        $listener = new Socket(AF_INET, SOCK_STREAM, 0);
        $listener->bind('127.0.0.1', 0);
        $listener->listen();
        $packets = new Socket(AF_INET, SOCK_DGRAM, 0);
        $packets->bind('127.0.0.1', 0);
        $full = str_repeat('x', 64 << 20);
        return [
            'accept' => [$listener, SWOOLE_EVENT_READ, fn () => $listener->accept()],
            'recv' => [$b, SWOOLE_EVENT_READ, fn () => $b->recv()],
            'recvAll' => [$b, SWOOLE_EVENT_READ, fn () => $b->recvAll(5)],
            'recvLine' => [$b, SWOOLE_EVENT_READ, fn () => $b->recvLine()],
            'recvWithBuffer' => [$b, SWOOLE_EVENT_READ, fn () => $b->recvWithBuffer()],
            'recvPacket' => [$b, SWOOLE_EVENT_READ, fn () => $b->recvPacket()],
            'readVector' => [$b, SWOOLE_EVENT_READ, fn () => $b->readVector([1, 2])],
            'readVectorAll' => [$b, SWOOLE_EVENT_READ, fn () => $b->readVectorAll([1, 2])],
            'recvfrom' => [$packets, SWOOLE_EVENT_READ, fn () => $packets->recvfrom($peer)],
            'sendAll' => [$a, SWOOLE_EVENT_WRITE, fn () => $a->sendAll($full) < 64 << 20 ? false : 'all of it'],
            'send' => [$a, SWOOLE_EVENT_WRITE, fn () => $a->send('x')],
            'writeVector' => [$a, SWOOLE_EVENT_WRITE, fn () => $a->writeVector(['x'])],
            'writeVectorAll' => [$a, SWOOLE_EVENT_WRITE, fn () => $a->writeVectorAll(['x'])],
            'sendFile' => [$a, SWOOLE_EVENT_WRITE, fn () => $a->sendFile(__FILE__)],
        ];
    };
    foreach ($make() as $name => [$socket, $event, $wait]) {
        $got = null;
        $id = go(function () use ($wait, $socket, &$got) { $got = [$wait(), $socket->errCode, $socket->errMsg, Co::isCanceled()]; });
        check("$name: who waits", [$socket->getBoundCid($event), $socket->getBoundCid($event === 512 ? 1024 : 512)], [$id, 0]);
        check("$name: cancelled by the socket", [$socket->cancel($event), $got, $socket->getBoundCid($event)], [true, [false, SOCKET_ECANCELED, 'Operation canceled', false], 0]);
        check("$name: nobody waits", $socket->cancel($event), false);
    }
    foreach ($make() as $name => [$socket, , $wait]) {
        $got = null;
        $id = go(function () use ($wait, $socket, &$got) { $got = [$wait(), $socket->errCode, Co::isCanceled()]; });
        check("$name: cancelled with its coroutine", [Co::cancel($id), $got], [true, [false, SOCKET_ECANCELED, true]]);
    }
    foreach ($make() as $name => [, , $wait]) {
        $got = null;
        $id = go(function () use ($wait, &$got) { try { $wait(); } catch (CanceledException) { $got = 'thrown'; } });
        check("$name: by an exception", [Co::cancel($id, true), $got], [true, 'thrown']);
    }
    [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
    go(function () use ($b) { check('usable afterwards', [$b->recv(), $b->errCode, $b->recv(), $b->errCode], [false, SOCKET_ECANCELED, 'x', 0]); });
    $b->cancel();
    $a->send('x');
});
--EXPECT--
ok: accept: who waits
ok: accept: cancelled by the socket
ok: accept: nobody waits
ok: recv: who waits
ok: recv: cancelled by the socket
ok: recv: nobody waits
ok: recvAll: who waits
ok: recvAll: cancelled by the socket
ok: recvAll: nobody waits
ok: recvLine: who waits
ok: recvLine: cancelled by the socket
ok: recvLine: nobody waits
ok: recvWithBuffer: who waits
ok: recvWithBuffer: cancelled by the socket
ok: recvWithBuffer: nobody waits
ok: recvPacket: who waits
ok: recvPacket: cancelled by the socket
ok: recvPacket: nobody waits
ok: readVector: who waits
ok: readVector: cancelled by the socket
ok: readVector: nobody waits
ok: readVectorAll: who waits
ok: readVectorAll: cancelled by the socket
ok: readVectorAll: nobody waits
ok: recvfrom: who waits
ok: recvfrom: cancelled by the socket
ok: recvfrom: nobody waits
ok: sendAll: who waits
ok: sendAll: cancelled by the socket
ok: sendAll: nobody waits
ok: send: who waits
ok: send: cancelled by the socket
ok: send: nobody waits
ok: writeVector: who waits
ok: writeVector: cancelled by the socket
ok: writeVector: nobody waits
ok: writeVectorAll: who waits
ok: writeVectorAll: cancelled by the socket
ok: writeVectorAll: nobody waits
ok: sendFile: who waits
ok: sendFile: cancelled by the socket
ok: sendFile: nobody waits
ok: accept: cancelled with its coroutine
ok: recv: cancelled with its coroutine
ok: recvAll: cancelled with its coroutine
ok: recvLine: cancelled with its coroutine
ok: recvWithBuffer: cancelled with its coroutine
ok: recvPacket: cancelled with its coroutine
ok: readVector: cancelled with its coroutine
ok: readVectorAll: cancelled with its coroutine
ok: recvfrom: cancelled with its coroutine
ok: sendAll: cancelled with its coroutine
ok: send: cancelled with its coroutine
ok: writeVector: cancelled with its coroutine
ok: writeVectorAll: cancelled with its coroutine
ok: sendFile: cancelled with its coroutine
ok: accept: by an exception
ok: recv: by an exception
ok: recvAll: by an exception
ok: recvLine: by an exception
ok: recvWithBuffer: by an exception
ok: recvPacket: by an exception
ok: readVector: by an exception
ok: readVectorAll: by an exception
ok: recvfrom: by an exception
ok: sendAll: by an exception
ok: send: by an exception
ok: writeVector: by an exception
ok: writeVectorAll: by an exception
ok: sendFile: by an exception
ok: usable afterwards
