--TEST--
A C library that is loaded while the loop runs: its waits suspend, its threads block, its children are its own
--EXTENSIONS--
highper
FFI
--INI--
ffi.enable=1
--CONFLICTS--
all
--SKIPIF--
<?php exec('command -v cc', $found, $code); echo $code === 0 ? '' : 'skip there is no C compiler'; ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, patience};
use function Swoole\Coroutine\{go, run};

file_put_contents(temp_path('late.c'), <<<'C'
    #include <netdb.h>
    #include <poll.h>
    #include <pthread.h>
    #include <stdatomic.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <sys/wait.h>
    #include <time.h>
    #include <unistd.h>

    static atomic_int right;

    /* A library's own blocking call. */
    int nap(int milliseconds) { struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000L}; return nanosleep(&t, 0); }

    /* Forks, writes and sleeps in the child before it executes, reads its output to the end. */
    int child(char *to, int room)
    {
        int ends[2], got = 0, status;
        if (pipe(ends)) return -1;
        pid_t pid = fork();
        if (pid == 0) {
            struct pollfd p = {ends[0], POLLIN, 0};
            usleep(50000);
            write(ends[1], poll(&p, 1, 1) == 0 ? "child, " : "wrong, ", 7);
            close(ends[0]);
            dup2(ends[1], 1);
            execl("/bin/sh", "sh", "-c", "sleep 0.1; printf program", (char *) 0);
            _exit(9);
        }
        close(ends[1]);
        for (ssize_t n; (n = read(ends[0], to + got, room - got)) > 0;) got += n;
        close(ends[0]);
        waitpid(pid, &status, 0);
        return got;
    }

    static void *echo(void *end)
    {
        char byte;
        int fd = (int) (long) end;
        while (recv(fd, &byte, 1, 0) == 1) { usleep(100); if (write(fd, &byte, 1) != 1) break; }
        close(fd);
        return 0;
    }

    static void *work(void *turns)
    {
        int pair[2], left = (int) (long) turns;
        char byte = 'x';
        pthread_t other;
        struct addrinfo *found = 0;
        socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
        pthread_create(&other, 0, echo, (void *) (long) pair[1]);
        while (left > 0) {
            struct pollfd p = {pair[0], POLLIN, 0};
            if (send(pair[0], &byte, 1, 0) != 1 || poll(&p, 1, 5000) != 1 || read(pair[0], &byte, 1) != 1 || byte != 'x') break;
            left--;
        }
        if (getaddrinfo("127.0.0.1", "80", 0, &found) == 0) freeaddrinfo(found); else left++;
        close(pair[0]);
        pthread_join(other, 0);
        if (left == 0) right++;
        return 0;
    }

    void threads(int count, int turns)
    {
        while (count-- > 0) { pthread_t t; pthread_create(&t, 0, work, (void *) (long) turns); pthread_detach(t); }
    }

    int finished(void) { return right; }
    C);
exec('cc -shared -fPIC -pthread -O1 -w -o ' . temp_path('late.so') . ' ' . temp_path('late.c') . ' 2>&1', $said, $code);
check('compiled', [$code, $said], [0, []]);

$together = static function (int $count, Closure $body): float {
    $start = microtime(true);
    $left = new Swoole\Coroutine\WaitGroup($count);
    for ($i = 0; $i < $count; $i++) {
        go(static function () use ($body, $left) { $body(); $left->done(); });
    }
    $left->wait();
    return microtime(true) - $start;
};
run(static function () use ($together) {
    usleep(1_000);
    $late = FFI::cdef('int nap(int); int child(char *, int); void threads(int, int); int finished(void);', temp_path('late.so'));
    $time = $together(50, static fn () => $late->nap(100) === 0 || print "WRONG: nap\n");
    check('50 naps of 0.1 s at the same time', $time >= 0.1 && $time < patience(0.5) ?: $time);

    $late->threads(8, 200);
    $outputs = [];
    $time = $together(5, static function () use ($late, &$outputs) {
        $to = $late->new('char[100]');
        $outputs[] = FFI::string($to, $late->child($to, 100));
    });
    check('its children', array_unique($outputs), ['child, program']);
    check('at the same time', $time >= 0.15 && $time < patience(0.7) ?: $time);
    for ($i = 0; $i < 2000 && $late->finished() < 8; $i++) {
        usleep(2_000);
    }
    check('its threads, while coroutines wait', $late->finished(), 8);
});
?>
--EXPECT--
ok: compiled
ok: 50 naps of 0.1 s at the same time
ok: its children
ok: at the same time
ok: its threads, while coroutines wait
