--TEST--
SWOOLE_HOOK_SOCKETS: socket_*() are those of Swoole\Coroutine\Socket inside coroutines, and PHP's own elsewhere
--EXTENSIONS--
highper
sockets
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\Socket as CoSocket;
use Swoole\Runtime;
use function HighperTest\{check, temp_path};
use function Swoole\Coroutine\{go, run};

/** What only takes a Socket. */
function class_of(Socket $socket): string { return $socket::class; }
function plain(): Socket { return socket_create(AF_INET, SOCK_STREAM, SOL_TCP); }

check('before', plain()::class, Socket::class);
check('no parent', get_parent_class(CoSocket::class), false);
$outside = plain();
run(static function () use ($outside) {
    $made = plain();
    check('inside', [class_of($made), $made instanceof CoSocket], [CoSocket::class, true]);
    check('its subclasses', is_subclass_of(new class(AF_INET, SOCK_STREAM) extends CoSocket {}, Socket::class));
    check('one from outside', [socket_bind($outside, '127.0.0.1'), socket_getsockname($outside, $host, $port), $port > 0], [true, true, true]);
    check('listening', class_of(socket_create_listen(0)), CoSocket::class);
    check('a pair', [socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair), class_of($pair[0])], [true, CoSocket::class]);

    // Switched off and on while it runs.
    Runtime::setHookFlags(SWOOLE_HOOK_ALL ^ SWOOLE_HOOK_SOCKETS);
    check('off', [plain()::class, get_parent_class(CoSocket::class)], [Socket::class, false]);
    check('those of the class are taken all the same', socket_write($pair[0], 'abc'), 3);
    Runtime::setHookFlags(SWOOLE_HOOK_ALL);
    check('on', [class_of(plain()), socket_read($pair[1], 10)], [CoSocket::class, 'abc']);

    // A server and clients, all at once.
    $server = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    check('bind', [socket_bind($server, '127.0.0.1', 0), socket_listen($server, 64)], [true, true]);
    socket_getsockname($server, $host, $port);
    go(static function () use ($server) {
        for ($i = 0; $i < 50; $i++) {
            $peer = socket_accept($server);
            go(static function () use ($peer) { $word = socket_read($peer, 100); usleep(50_000); socket_write($peer, strrev($word)); socket_close($peer); });
        }
    });
    $done = 0;
    $start = microtime(true);
    for ($i = 0; $i < 50; $i++) {
        go(static function () use ($i, $port, &$done) {
            $client = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
            socket_connect($client, '127.0.0.1', $port);
            socket_write($client, "word{$i}");
            socket_recv($client, $answer, 100, 0);
            $done += $answer === strrev("word{$i}") ? 1 : 0;
        });
    }
    while ($done < 50 && microtime(true) - $start < 5) { usleep(1_000); }
    $took = microtime(true) - $start;
    check('fifty answers side by side', [$done, $took < 1.5 ?: $took], [50, true]);

    // Errors are told as the class tells them.
    $closed = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    check('refused', [socket_connect($closed, '127.0.0.1', 1), socket_last_error($closed), socket_last_error()], [false, SOCKET_ECONNREFUSED, SOCKET_ECONNREFUSED]);
    socket_clear_error($closed);
    check('cleared', socket_last_error($closed), 0);
    [$a, $b] = [$pair[0], $pair[1]];
    socket_set_option($a, SOL_SOCKET, SO_RCVTIMEO, ['sec' => 0, 'usec' => 20_000]);
    check('a time-out', [socket_recv($a, $data, 10, 0), socket_last_error($a)], [false, SOCKET_ETIMEDOUT]);
    socket_write($b, 'peeked');
    check('peek', [socket_recv($a, $data, 10, MSG_PEEK), $data, socket_recv($a, $data, 10, 0), $data], [6, 'peeked', 6, 'peeked']);

    // The functions that the class has no method for.
    $read = ['x' => $a, 'y' => $b];
    $write = $except = null;
    check('select in vain', [socket_select($read, $write, $except, 0, 20_000), $read], [0, []]);
    go(static function () use ($b) { usleep(10_000); socket_write($b, 'selected'); });
    $read = ['x' => $a, 'y' => $b];
    $write = [7 => $b];
    check('select one that can be written', [socket_select($read, $write, $except, 1), $read, $write === [7 => $b]], [1, [], true]);
    $write = null;
    $read = ['x' => $a, 'y' => $b];
    check('select waits', [socket_select($read, $write, $except, 1), $read === ['x' => $a]], [1, true]);
    $read = ['x' => $a, 'y' => $b, 'z' => $outside];
    check('both kinds', [socket_select($read, $write, $except, 1), $read === ['x' => $a, 'z' => $outside]], [2, true]);
    check('and read', socket_read($a, 100), 'selected');
    socket_set_option($a, SOL_SOCKET, SO_RCVTIMEO, ['sec' => 10, 'usec' => 0]);
    go(static function () use ($b) { usleep(10_000); socket_sendmsg($b, ['iov' => ['two ', 'parts']], 0); });
    $message = ['buffer_size' => 100, 'controllen' => 100];
    check('recvmsg waits', [socket_recvmsg($a, $message, 0), $message['iov']], [9, ['two parts']]);
    socket_set_option($a, SOL_SOCKET, SO_RCVTIMEO, ['sec' => 0, 'usec' => 20_000]);
    check('recvmsg in vain', [socket_recvmsg($a, $message, 0), socket_last_error($a)], [false, SOCKET_ETIMEDOUT]);
    $message = ['buffer_size' => 100, 'controllen' => 100];
    check('recvmsg that must not wait', [@socket_recvmsg($a, $message, MSG_DONTWAIT), socket_last_error($a)], [false, SOCKET_EAGAIN]);
    socket_set_option($a, SOL_SOCKET, SO_RCVTIMEO, ['sec' => 10, 'usec' => 0]);
    $sent = 0;
    go(static function () use ($b, &$sent) { for ($i = 0; $i < 40; $i++) { $sent += socket_sendmsg($b, ['iov' => [str_repeat('m', 20_000)]], 0); } });
    for ($got = 0; $got < 800_000 && ($part = socket_read($a, 65_536)) !== false; ) { $got += strlen($part); }
    check('sendmsg waits', [$got, $sent], [800_000, 800_000]);

    $stream = socket_export_stream($a);
    go(static function () use ($b) { usleep(10_000); socket_write($b, "a line\n"); });
    check('export', fgets($stream), "a line\n");
    fclose($stream);
    check('the socket outlives its stream', [socket_write($a, 'still'), socket_read($b, 10)], [5, 'still']);
    [$one, $two] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $imported = socket_import_stream($one);
    fwrite($two, 'from a stream');
    check('import', [class_of($imported), socket_read($imported, 100)], [CoSocket::class, 'from a stream']);

    socket_close($a);
    $read = [$a];
    foreach ([
        'select' => static function () use ($a) { $r = [$a]; $w = $e = null; return socket_select($r, $w, $e, 0); },
        'recvmsg' => static function () use ($a) { $m = ['buffer_size' => 10, 'controllen' => 100]; return socket_recvmsg($a, $m, 0); },
        'export' => static fn () => socket_export_stream($a),
    ] as $name => $call) {
        try { $said = $call(); } catch (Error $error) { $said = $error->getMessage(); }
        check("{$name} of a closed one", is_string($said) && str_contains($said, 'closed') ?: $said);
    }

    // A local socket's file goes with it.
    $path = temp_path('socket');
    $local = socket_create(AF_UNIX, SOCK_DGRAM, 0);
    check('bound', [socket_bind($local, $path), file_exists($path)], [true, true]);
    socket_close($local);
    usleep(2_000);
    check('unlinked', file_exists($path), false);
});
check('after', plain()::class, Socket::class);
?>
--EXPECT--
ok: before
ok: no parent
ok: inside
ok: its subclasses
ok: one from outside
ok: listening
ok: a pair
ok: off
ok: those of the class are taken all the same
ok: on
ok: bind
ok: fifty answers side by side
ok: refused
ok: cleared
ok: a time-out
ok: peek
ok: select in vain
ok: select one that can be written
ok: select waits
ok: both kinds
ok: and read
ok: recvmsg waits
ok: recvmsg in vain
ok: recvmsg that must not wait
ok: sendmsg waits
ok: export
ok: the socket outlives its stream
ok: import
ok: select of a closed one
ok: recvmsg of a closed one
ok: export of a closed one
ok: bound
ok: unlinked
ok: after
