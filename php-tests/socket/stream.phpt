--TEST--
Coroutine\Socket: a stream is read whole, by lines, through a buffer, in pieces, and written in pieces and from files
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\Socket;
use function HighperTest\{check, temp_path};

Co\run(function () {
    $listener = new Socket(AF_INET, SOCK_STREAM, IPPROTO_IP);
    check('what it is', [$listener->domain, $listener->type, $listener->protocol, $listener->fd > 2], [AF_INET, SOCK_STREAM, 0, true]);
    check('bind and listen', [$listener->bind('127.0.0.1', 0), $listener->listen()], [true, true]);
    $name = $listener->getsockname();
    check('its name', [$name['address'], $name['port'] > 0], ['127.0.0.1', true]);
    $server = null;
    go(function () use ($listener, &$server) { $server = $listener->accept(1); });
    $client = new Socket(AF_INET, SOCK_STREAM, 0);
    check('connect', $client->connect('127.0.0.1', $name['port'], 1));
    Co::sleep(0.001);
    check('accepted', $server instanceof Socket);
    check('names of both ends', $client->getsockname(), $server->getpeername());
    check('and the other way', $client->getpeername(), $server->getsockname());

    check('send and recv', [$client->send('hello'), $server->recv(), $server->errCode], [5, 'hello', 0]);
    $client->send('abcdef');
    check('peek leaves it there', [$server->peek(3), $server->peek(), $server->recv(4), $server->recv()], ['abc', 'abcdef', 'abcd', 'ef']);
    check('peek never waits', [$server->peek(), $server->errCode], [false, SOCKET_EAGAIN]);

    go(function () use ($client) { foreach (str_split(str_repeat('x', 10), 3) as $part) { $client->send($part); Co::sleep(0.001); } });
    check('recvAll', $server->recvAll(10, 1), 'xxxxxxxxxx');
    $client->sendAll("one\ntwo\rlonger than that\nrest");
    check('lines', [$server->recvLine(), $server->recvLine(), $server->recvLine(6), $server->recvLine(100)], ["one\n", "two\r", 'longer', " than that\n"]);
    check('what a line has left is not lost', $server->recv(), 'rest');
    $client->send('0123456789');
    check('through a buffer', [$server->recvWithBuffer(3), $server->recvWithBuffer(3), $server->recvAll(4)], ['012', '345', '6789']);

    check('writeVector', $client->writeVector(['ab', 'cd', 'ef']), 6);
    check('readVector', $server->readVector([1, 2, 5]), ['a', 'bc', 'def']);
    go(fn () => $client->writeVectorAll([str_repeat('a', 300_000), str_repeat('b', 300_000)]));
    $pieces = $server->readVectorAll([300_000, 300_000], 2);
    check('readVectorAll', [strlen($pieces[0]), strlen($pieces[1]), trim($pieces[0], 'a'), trim($pieces[1], 'b')], [300_000, 300_000, '', '']);
    foreach ([['readVector', [1, '1']], ['readVector', [-1]], ['writeVector', [1]], ['writeVector', ['']]] as [$method, $vector]) {
        try { $server->$method($vector); echo "not refused\n"; } catch (Socket\Exception $e) { echo $e->getMessage(), ' ', $e->getCode(), "\n"; }
    }
    check('too many pieces', [$client->writeVectorAll(array_fill(0, 1025, 'a')), $client->errCode, $client->errMsg], [false, SOCKET_EINVAL, 'The maximum of iov count is 1024']);

    file_put_contents(temp_path('file'), $content = random_bytes(700_000));
    go(function () use ($client) { check('sendFile', $client->sendFile(temp_path('file'))); });
    check('the file arrived', $server->recvAll(700_000, 2) === $content);
    go(function () use ($client) { check('a part of it', $client->sendFile(temp_path('file'), 1000, 500)); });
    check('the part arrived', $server->recvAll(500, 2) === substr($content, 1000, 500));
    check('no such file', [$client->sendFile('/nonexistent'), $client->errCode, $client->errMsg], [false, SOCKET_ENOENT, 'open(/nonexistent) failed, No such file or directory']);
    check('a file that is too short', [@$client->sendFile(temp_path('file'), 700_000, 5), $client->errCode], [false, SWOOLE_ERROR_SYSTEM_CALL_FAIL]);

    check('alive', [$server->checkLiveness(), $client->checkLiveness()], [true, true]);
    check('close', [$client->close(), $client->isClosed(), $client->errCode], [true, true, 0]);
    check('the end of the stream', [$server->recv(), $server->recvAll(), $server->recvLine(), $server->errCode], ['', '', '', 0]);
    check('not alive', [$server->checkLiveness(), $server->errCode], [false, SOCKET_ECONNRESET]);
    foreach (["recv" => [], "send" => ["x"], "connect" => ["127.0.0.1", 1], "getsockname" => [], "listen" => [], "close" => []] as $method => $args) {
        check("$method() of a closed one", [$client->$method(...$args), $client->errCode, $client->errMsg], [false, SOCKET_EBADF, 'Bad file descriptor']);
    }
});
$unmade = (new ReflectionClass(Socket::class))->newInstanceWithoutConstructor();
check('without a constructor', $unmade->isClosed());
Co\run(function () { try { new Socket(99, 1, 0); } catch (Socket\Exception $e) { echo $e->getMessage(), "\n"; } });
--EXPECT--
ok: what it is
ok: bind and listen
ok: its name
ok: connect
ok: accepted
ok: names of both ends
ok: and the other way
ok: send and recv
ok: peek leaves it there
ok: peek never waits
ok: recvAll
ok: lines
ok: what a line has left is not lost
ok: through a buffer
ok: writeVector
ok: readVector
ok: readVectorAll
Item #[1] must be of type int, string given 22
Item #[0] must be greater than 0 22
Item #[0] must be of type string, int given 22
Item #[0] cannot be empty string 22
ok: too many pieces
ok: sendFile
ok: the file arrived
ok: a part of it
ok: the part arrived
ok: no such file
ok: a file that is too short
ok: alive
ok: close
ok: the end of the stream
ok: not alive
ok: recv() of a closed one
ok: send() of a closed one
ok: connect() of a closed one
ok: getsockname() of a closed one
ok: listen() of a closed one
ok: close() of a closed one
ok: without a constructor
new Socket() failed. Error: Address family not supported by protocol [97]
