--TEST--
The functions of the extension sockets on Coroutine\Socket
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

run(static function () {
    $listener = swoole_socket_create(AF_INET, SOCK_STREAM, 0);
    check('bound', [swoole_socket_bind($listener, '127.0.0.1'), swoole_socket_listen($listener, 8)], [true, true]);
    check('its name', [swoole_socket_getsockname($listener, $address, $port), $address, $port > 0, swoole_socket_getpeername($listener, $a, $b)], [true, '127.0.0.1', true, false]);
    go(static function () use ($listener) {
        $peer = swoole_socket_accept($listener);
        swoole_socket_write($peer, "line one\nrest", 100);
        check('part of it', [swoole_socket_recv($peer, $data, 3, MSG_WAITALL), $data], [3, 'abc']);
        swoole_socket_shutdown($peer);
        swoole_socket_close($peer);
    });
    $socket = swoole_socket_create(AF_INET, SOCK_STREAM, 0);
    check('connected', [swoole_socket_connect($socket, '127.0.0.1', $port), swoole_socket_getpeername($socket, $a, $b), $b === $port], [true, true, true]);
    check('a line, the rest', [swoole_socket_read($socket, 100, 1), swoole_socket_recv($socket, $data, 2, MSG_PEEK), $data, swoole_socket_read($socket, 100)], ["line one\n", 2, 're', 'rest']);
    check('sent', [swoole_socket_send($socket, 'abcdef', 3, 0), swoole_socket_read($socket, 10)], [3, '']);
    swoole_socket_set_option($socket, SOL_SOCKET, SO_REUSEADDR, 1);
    check('options', [swoole_socket_get_option($socket, SOL_SOCKET, SO_REUSEADDR) != 0, swoole_socket_getopt($socket, SOL_SOCKET, SO_TYPE)], [true, SOCK_STREAM]);
    $pair = [];
    check('a pair', swoole_socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair));
    [$one, $two] = $pair;
    check('no waiting', [swoole_socket_set_nonblock($two), swoole_socket_read($two, 10), swoole_socket_last_error($two)], [true, false, SOCKET_ETIMEDOUT]);
    swoole_socket_clear_error($two);
    check('waiting again', [swoole_socket_last_error($two), swoole_socket_set_block($two), swoole_socket_write($one, 'later'), swoole_socket_read($two, 10)], [0, true, 5, 'later']);
    check('closed', [swoole_socket_close($two), swoole_socket_set_block($two)], [null, false]);
    [$a, $b] = [swoole_socket_create(AF_INET, SOCK_DGRAM, 0), swoole_socket_create(AF_INET, SOCK_DGRAM, 0)];
    swoole_socket_bind($b, '127.0.0.1'); swoole_socket_getsockname($b, $x, $port);
    check('a packet', [swoole_socket_sendto($a, 'packet', 3, 0, '127.0.0.1', $port), swoole_socket_recvfrom($b, $data, 100, 0, $from, $at), $data, $from, $at > 0], [3, 3, 'pac', '127.0.0.1', true]);
    foreach ([fn () => swoole_socket_send($one, 'x', 1, 1), fn () => swoole_socket_sendto($one, 'x', 1, 0, 'y'), fn () => swoole_socket_recv($one, $x, 1, MSG_OOB)] as $wrong) {
        try { $wrong(); } catch (RuntimeException $e) { echo $e->getMessage(), "\n"; }
    }
    $free = swoole_socket_create_listen(0);
    check('on any port', swoole_socket_getsockname($free, $address) && $address === '0.0.0.0');
    [$in, $out] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    check('from a stream', [swoole_socket_write(swoole_socket_import_stream($in), 'via'), fread($out, 3)], [3, 'via']);
});
?>
--EXPECT--
ok: bound
ok: its name
ok: connected
ok: a line, the rest
ok: part of it
ok: sent
ok: options
ok: a pair
ok: no waiting
ok: waiting again
ok: closed
ok: a packet
$flags[1] is not supported
only supports dgram type socket
$flags[MSG_OOB] is not supported
ok: on any port
ok: from a stream
