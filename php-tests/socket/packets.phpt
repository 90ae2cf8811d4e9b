--TEST--
Coroutine\Socket::recvPacket() cuts a stream by lengths of every kind, by a function and by end marks
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\Socket;
use function HighperTest\check;

Co\run(function () {
    $pair = fn (array $settings): array => [$pair = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0), $pair[1]->setProtocol($settings)][0];

    foreach (str_split('cCsSnvlLNViIqQJP') as $type) {
        [$a, $b] = $pair(['open_length_check' => true, 'package_length_type' => $type, 'package_length_offset' => 2, 'package_body_offset' => 2 + strlen(pack($type, 0))]);
        $packets = ['ab' . pack($type, 5) . 'first', 'cd' . pack($type, 100) . str_repeat('x', 100), 'ef' . pack($type, 0)];
        go(function () use ($a, $packets) { foreach (str_split(implode($packets), 31) as $part) { $a->send($part); Co::sleep(0.001); } });
        check("a length of type $type", [$b->recvPacket(1), $b->recvPacket(1), $b->recvPacket(1)], $packets);
    }

    [$a, $b] = $pair(['open_eof_check' => true, 'package_eof' => "\r\n", 'package_max_length' => 64]);
    $a->send("one\r\ntwo\r\nthr");
    check('end marks', [$b->recvPacket(1), $b->recvPacket(1)], ["one\r\n", "two\r\n"]);
    check('a packet that is not whole is waited for', [$b->recvPacket(0.01), $b->errCode], [false, SOCKET_ETIMEDOUT]);
    $a->send("ee\r\n");
    check('and not lost', $b->recvPacket(1), "three\r\n");
    $a->send(str_repeat('x', 64));
    check('no mark in as much as may be', [$b->recvPacket(1), $b->errCode, $b->errMsg], [false, SWOOLE_ERROR_PACKAGE_LENGTH_TOO_LARGE, 'no package eof, package_max_length exceeded']);

    [$a, $b] = $pair(['open_length_check' => true, 'package_length_type' => 'N', 'package_body_offset' => 4, 'package_max_length' => '1K']);
    $a->send(pack('N', 1021));
    check('a packet that is too long', [$b->recvPacket(1), $b->errCode], [false, SWOOLE_ERROR_PACKAGE_LENGTH_TOO_LARGE]);
    [$a, $b] = $pair(['open_length_check' => true, 'package_length_type' => 'l', 'package_body_offset' => 0]);
    $a->send(pack('l', -5));
    check('a length that is none', [$b->recvPacket(1), $b->errCode], ['', SWOOLE_ERROR_PACKAGE_LENGTH_NOT_FOUND]);
    check('an unknown type', @$b->setProtocol(['package_length_type' => 'x']), false);

    $calls = 0;
    [$a, $b] = $pair(['open_length_check' => true, 'package_length_func' => function (string $data) use (&$calls): int {
        $calls++;
        Co::sleep(0.001);
        return strlen($data) < 2 ? 0 : 2 + ord($data[1]);
    }]);
    $a->send('x');
    go(function () use ($a) { Co::sleep(0.005); $a->send("\x03abcy\x00z"); });
    check('a function', [$b->recvPacket(1), $b->recvPacket(1), $calls >= 3], ["x\x03abc", "y\x00", true]);
    check('what is left is not lost', $b->recv(), 'z');
    [$a, $b] = $pair(['open_length_check' => true, 'package_length_func' => fn () => throw new LogicException('from the function')]);
    $a->send('x');
    try { $b->recvPacket(1); echo "not thrown\n"; } catch (LogicException $e) { echo $e->getMessage(), "\n"; }

    [$a, $b] = $pair(['open_mqtt_protocol' => true]);
    $a->send("\x30\x80\x01" . str_repeat('m', 128) . "\xc0\x00");
    check('MQTT', [strlen($b->recvPacket(1)), $b->recvPacket(1)], [131, "\xc0\x00"]);
    [$a, $b] = $pair(['open_fastcgi_protocol' => true]);
    $a->send("\x01\x06\x00\x01\x00\x03\x01\x00abc\x00\x01\x03");
    check('FastCGI', $b->recvPacket(1), "\x01\x06\x00\x01\x00\x03\x01\x00abc\x00");

    [$a, $b] = $pair(['open_length_check' => false]);
    $a->send('as it came');
    check('without rules', $b->recvPacket(1), 'as it came');
    $a->close();
    check('the end', [$b->recvPacket(1), $b->errCode], ['', 0]);
});
--EXPECT--
ok: a length of type c
ok: a length of type C
ok: a length of type s
ok: a length of type S
ok: a length of type n
ok: a length of type v
ok: a length of type l
ok: a length of type L
ok: a length of type N
ok: a length of type V
ok: a length of type i
ok: a length of type I
ok: a length of type q
ok: a length of type Q
ok: a length of type J
ok: a length of type P
ok: end marks
ok: a packet that is not whole is waited for
ok: and not lost
ok: no mark in as much as may be
ok: a packet that is too long
ok: a length that is none
ok: an unknown type
ok: a function
ok: what is left is not lost
from the function
ok: MQTT
ok: FastCGI
ok: without rules
ok: the end
