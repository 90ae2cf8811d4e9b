--TEST--
A descriptor that was closed where no hook sees it is not taken for the next one of its number
--EXTENSIONS--
highper
FFI
sockets
--INI--
ffi.enable=1
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

// Function pointers of FFI lead to libc itself.
$libc = FFI::cdef('int dup(int); int close(int);');
run(static function () use ($libc) {
    $old = [];
    for ($round = 1; $round <= 4; $round++) {
        $libc->close($number = $libc->dup(0));
        socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
        $numbers[] = $number;
        // The registration of the first wait serves the next ones.
        for ($i = 0; $i < 3; $i++) {
            go(static function () use ($pair, $i) { usleep(5_000); socket_write($pair[1], "message {$i}"); });
            check("pair {$round}", socket_read($pair[0], 100), "message {$i}");
        }
        $old[] = $pair;
        if ($round < 4) {
            $libc->close($number);
            $libc->close($number + 1);
        }
    }
    check('each had the numbers of the one before', count(array_unique($numbers)), 1);
});
?>
--EXPECTREGEX--
(ok: pair [1-4]\n){12}ok: each had the numbers of the one before
