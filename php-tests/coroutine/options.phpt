--TEST--
Options of Coroutine::set() and php.ini that reach sockets; what is not supported says so; looks at objects
--EXTENSIONS--
highper
sockets
--INI--
swoole.socket_buffer_size=40960
swoole.profile=1
swoole.enable_fiber_mock=1
html_errors=0
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use Swoole\Coroutine\Socket;
use function HighperTest\check;

$room = fn () => (new Socket(AF_INET, SOCK_DGRAM, 0))->getOption(SOL_SOCKET, SO_RCVBUF);
// The kernel doubles what it is asked for, for its own needs.
check('php.ini', $room(), 81920);
Coroutine::set(['socket_buffer_size' => '16K']);
check('an option', $room(), 32768);
Coroutine::set(['socket_buffer_size' => -1]);
check('the default again', $room() > 81920, true);
check('kept', Coroutine::getOptions(), ['socket_buffer_size' => -1]);

Co\run(function () {
    [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
    foreach ([['socket_recv_timeout' => 0.02], ['socket_timeout' => 0.03, 'socket_read_timeout' => 5]] as $options) {
        Coroutine::set($options);
        [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0);
        $start = microtime(true);
        check(key($options), [$a->recv(), $a->errCode, microtime(true) - $start < 1], [false, SOCKET_ETIMEDOUT, true]);
    }
});

$before = swoole_get_vm_status();
$object = new ArrayObject([1]);
$file = fopen(__FILE__, 'r');
check('status', array_map(fn ($a, $b) => $a > $b, swoole_get_vm_status(), $before), [true, true]);
check('by its number', [swoole_get_object_by_handle(spl_object_id($object)) === $object, swoole_get_object_by_handle(1 << 40), swoole_get_object_by_handle(-1)], [true, false, false]);
check('all', in_array($object, swoole_get_objects(), true), true);
check('no profile', swoole_tracer_prof_begin(), false);
check('no leaks looked for', swoole_tracer_leak_detect(), null);
?>
--EXPECTF--
ok: php.ini
ok: an option
ok: the default again
ok: kept
ok: socket_recv_timeout
ok: socket_timeout
ok: status
ok: by its number
ok: all

Warning: swoole_tracer_prof_begin(): swoole.profile is not supported: use a profiler such as Excimer, or Highper\times() in %s on line 32
ok: no profile
ok: no leaks looked for
