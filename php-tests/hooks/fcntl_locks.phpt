--TEST--
fcntl(F_SETLKW) and lockf() wait without holding up others, exclude coroutines of one process and other processes, and can be cancelled
--EXTENSIONS--
ffi
pcntl
--SKIPIF--
<?php if (!shell_exec("command -v cc")) die("skip there is no C compiler"); ?>
--INI--
ffi.enable=1
--FILE--
<?php
use Swoole\Coroutine as Co;
use function Swoole\Coroutine\run;

/* As in libraries in C: the calls go through the global offset table of libffi's caller only where a library makes them, so one is made. */
$path = getenv('TEST_TMP') . '/locked';
$source = getenv('TEST_TMP') . '/locks.c';
file_put_contents($source, <<<'C'
    #include <fcntl.h>
    #include <unistd.h>
    static int change(int fd, int command, int type, long start, long length) {
        struct flock range = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
        int result = fcntl(fd, command, &range);
        return command == F_GETLK && result == 0 ? range.l_type : result;
    }
    int opened(const char *path) { return open(path, O_RDWR | O_CREAT, 0600); }
    int closed(int fd) { return close(fd); }
    int waits(int fd, long start, long length) { return change(fd, F_SETLKW, F_WRLCK, start, length); }
    int shares(int fd, long start, long length) { return change(fd, F_SETLKW, F_RDLCK, start, length); }
    int tries(int fd, long start, long length) { return change(fd, F_SETLK, F_WRLCK, start, length); }
    int lets_go(int fd, long start, long length) { return change(fd, F_SETLK, F_UNLCK, start, length); }
    int asks(int fd, long start, long length) { return change(fd, F_GETLK, F_WRLCK, start, length) == F_UNLCK; }
    int lockf_of(int fd, int command, long length) { return lockf(fd, command, length); }
    C);
$library = getenv('TEST_TMP') . '/liblocks.so';
passthru('cc -shared -fPIC -o ' . escapeshellarg($library) . ' ' . escapeshellarg($source));
$c = FFI::cdef('int opened(const char *path); int closed(int fd); int waits(int fd, long s, long l); int shares(int fd, long s, long l); int tries(int fd, long s, long l); int lets_go(int fd, long s, long l); int asks(int fd, long s, long l); int lockf_of(int fd, int command, long l);', $library);

file_put_contents($path, '0');
run(function () use ($path, $c) {
    $ids = [];
    $ticks = 0;
    foreach (range(1, 20) as $i) {
        $ids[] = go(function () use ($path, $c) {
            $fd = $c->opened($path);
            if ($c->waits($fd, 0, 1) !== 0) { echo "refused\n"; }
            $n = (int) file_get_contents($path);
            usleep(100);
            file_put_contents($path, (string) ($n + 1));
            $c->lets_go($fd, 0, 1);
            $c->closed($fd);
        });
    }
    Co::join($ids);
    echo 'exclude each other: ', file_get_contents($path), "\n";

    $one = $c->opened($path);
    $two = $c->opened($path);
    $c->shares($one, 0, 0);
    $c->shares($two, 0, 0);
    echo 'two share: ', $c->asks($one, 0, 0), $c->asks($two, 0, 0), "\n";
    $c->lets_go($two, 0, 0);
    echo 'one is left: ', $c->asks($one, 0, 0), $c->asks($two, 0, 0), "\n";
    $waiter = go(function () use ($c, $two) { echo 'cancelled: ', $c->waits($two, 0, 0), "\n"; });
    Co::sleep(0.005);
    Co::cancel($waiter);
    Co::join([$waiter]);
    $waiter = go(function () use ($c, $two) { echo 'another range: ', $c->waits($two, 10, 5), "\n"; });
    $c->lets_go($one, 0, 0);
    Co::join([$waiter]);
    $third = $c->opened($path);
    $c->closed($third);
    echo 'closing another descriptor keeps it: ', $c->asks($one, 10, 5), "\n";
    $dup = go(function () use ($c, $one) { $got = $c->lockf_of($one, 1, 20); echo "lockf waits: {$got}\n"; });
    Co::sleep(0.005);
    echo "meanwhile\n";
    $c->lets_go($two, 10, 5);
    Co::join([$dup]);
    echo 'lockf tries and asks: ', $c->lockf_of($two, 2, 1), ' ', $c->lockf_of($two, 3, 1), ' ', $c->lockf_of($one, 3, 1), "\n";
    $c->lockf_of($one, 0, 20);
    echo 'let go: ', $c->lockf_of($two, 2, 1), "\n";
    $c->closed($one);
    $c->closed($two);

    /* Who tries first keeps the locks of a process, on which SQLite counts. */
    $one = $c->opened($path);
    $two = $c->opened($path);
    echo 'a process: ', $c->tries($one, 0, 1), $c->tries($two, 0, 1), "\n";
    $c->closed($one);
    $c->closed($two);
});

/* Another process holds it. */
$pipe = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$child = pcntl_fork();
if ($child === 0) {
    $fd = $c->opened($path);
    $c->waits($fd, 0, 1);
    fwrite($pipe[1], '.');
    usleep(30_000);
    posix_kill(getmypid(), SIGKILL);
}
fread($pipe[0], 1);
run(function () use ($c, $path) {
    $ticks = 0;
    $end = false;
    go(function () use (&$ticks, &$end) { while (!$end) { Co::sleep(0.001); $ticks++; } });
    $fd = $c->opened($path);
    echo 'after the other process: ', $c->waits($fd, 0, 1), "\n";
    $end = true;
    echo 'others ran: ', $ticks > 5 ? 'yes' : "no, {$ticks}", "\n";
});
pcntl_waitpid($child, $status);
?>
--EXPECT--
exclude each other: 20
two share: 00
one is left: 10
cancelled: -1
another range: 0
closing another descriptor keeps it: 0
meanwhile
lockf waits: 0
lockf tries and asks: -1 -1 0
let go: 0
a process: 00
after the other process: 0
others ran: yes
