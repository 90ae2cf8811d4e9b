--TEST--
A library that blocks by a call that is not caught is named by the detector, with file and line, while it blocks
--EXTENSIONS--
highper
ffi
pcntl
posix
--INI--
ffi.enable=1
swoole.blocking_detection=1
swoole.blocking_threshold=40000
--FILE--
<?php
use Swoole\Coroutine;

// A function that is found at run time has no slot to point elsewhere.
$libc = FFI::cdef('int usleep(unsigned int microseconds);', 'libc.so.6');
posix_mkfifo($fifo = getenv('TEST_TMP') . '/fifo', 0600);
if (pcntl_fork() === 0) {
    usleep(400_000);
    fopen($fifo, 'w');
    posix_kill(getmypid(), SIGKILL);
}
Co\run(static function () use ($libc, $fifo) {
    go(static function () use ($libc) { $libc->usleep(150_000); echo "FFI is back\n"; });
    go(static function () use ($fifo) { fopen($fifo, 'r'); echo "the pipe is open\n"; });
    go(static function () { usleep(150_000); echo "what is caught is not told of\n"; });
});
pcntl_wait($status);
?>
--EXPECTF--
 >>> [Detected blocking I/O in Coroutine#2, internal function `usleep()` blocked for %d,%d us so far]
#0 %snot_caught.phpt.php(13): usleep()
#1 [internal function]: {closure%S}()
FFI is back
 >>> [Detected blocking I/O in Coroutine#3, internal function `fopen()` blocked for %d,%d us so far]
#0 %snot_caught.phpt.php(14): fopen()
#1 [internal function]: {closure%S}()
the pipe is open
what is caught is not told of
