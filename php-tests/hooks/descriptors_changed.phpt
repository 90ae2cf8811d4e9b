--TEST--
A descriptor under a wait: closed, replaced by dup2(), dup3() and close_range(), its mode flipped, its time-outs changed
--EXTENSIONS--
highper
FFI
--INI--
ffi.enable=1
--SKIPIF--
<?php exec('command -v cc', $found, $code); echo $code === 0 ? '' : 'skip there is no C compiler'; ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use function Swoole\Coroutine\{go, run};
use Swoole\Coroutine;

file_put_contents(temp_path('fds.c'), <<<'C'
    #define _GNU_SOURCE
    #include <errno.h>
    #include <fcntl.h>
    #include <poll.h>
    #include <sys/ioctl.h>
    #include <sys/select.h>
    #include <sys/socket.h>
    #include <sys/syscall.h>
    #include <sys/time.h>
    #include <unistd.h>

    static int result(long n) { return n < 0 ? -errno : (int) n; }

    int pair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM, 0, ends); }
    int pipes(int ends[2]) { return pipe(ends); }
    int by_recv(int fd, char *to) { return result(recv(fd, to, 16, 0)); }
    int by_read(int fd, char *to) { return result(read(fd, to, 16)); }
    int by_recvmsg(int fd, char *to) { struct iovec v = {to, 16}; struct msghdr m = {0}; m.msg_iov = &v; m.msg_iovlen = 1; return result(recvmsg(fd, &m, 0)); }
    /* 1000 and the events that came, where poll() says one. */
    int by_poll(int fd, char *to) { struct pollfd p = {fd, POLLIN, 0}; int n = poll(&p, 1, 5000); return n == 1 ? 1000 + p.revents : result(n); }
    int by_two(int fd, char *to) { struct pollfd p[2] = {{fd, POLLIN, 0}, {-1, 0, 0}}; int n = poll(p, 2, 5000); return n == 1 ? 1000 + p[0].revents : result(n); }
    int put(int fd, const char *text, int length) { return result(write(fd, text, length)); }
    int shut(int fd) { return result(close(fd)); }
    int over(int from, int to) { return result(dup2(from, to)); }
    int over3(int from, int to) { return result(dup3(from, to, O_CLOEXEC)); }
    int flag(int fd, int on) { int f = fcntl(fd, F_GETFL); return result(fcntl(fd, F_SETFL, on ? f | O_NONBLOCK : f & ~O_NONBLOCK)); }
    int flip(int fd, int on) { return result(ioctl(fd, FIONBIO, &on)); }
    int patience(int fd, int milliseconds) { struct timeval t = {milliseconds / 1000, milliseconds % 1000 * 1000}; return result(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t)); }
    C);
exec('cc -shared -fPIC -O1 -w -o ' . temp_path('fds.so') . ' ' . temp_path('fds.c') . ' 2>&1', $said, $code);
check('compiled', [$code, $said], [0, []]);

const EAGAIN = -11, EBADF = -9, POLLNVAL = 1032, POLLIN = 1001;

run(static function () {
    // Loaded while the loop runs, so that its waits are waits of the loop.
    $c = FFI::cdef('int pair(int*); int pipes(int*); int by_recv(int, char*); int by_read(int, char*); int by_recvmsg(int, char*); int by_poll(int, char*); int by_two(int, char*);'
        . 'int put(int, const char*, int); int shut(int); int over(int, int); int over3(int, int); int flag(int, int); int flip(int, int); int patience(int, int);', temp_path('fds.so'));
    $make = static function (string $kind) use ($c): array {
        $ends = $c->new('int[2]');
        $c->$kind($ends);
        return [$ends[0], $ends[1]];
    };
    // What a call gives, later: a number below zero is an error, above it how many bytes, which follow.
    $begin = static function (string $call, int $fd) use ($c): object {
        $wait = (object) ['got' => null];
        go(static function () use ($c, $call, $fd, $wait) {
            $to = $c->new('char[16]');
            $n = $c->$call($fd, $to);
            $wait->got = $n > 0 && $n < 1000 ? FFI::string($to, $n) : $n;
        });
        return $wait;
    };
    $settle = static fn () => Coroutine::sleep(0.01);

    foreach (['pair' => ['by_recv' => EBADF, 'by_read' => EBADF, 'by_recvmsg' => EBADF, 'by_poll' => POLLNVAL, 'by_two' => POLLNVAL],
        'pipes' => ['by_read' => EBADF, 'by_poll' => POLLNVAL]] as $kind => $calls) {
        foreach ($calls as $call => $error) {
            $said = [];
            [$a, $b] = $make($kind);
            $wait = $begin($call, $a);
            $settle();
            $c->shut($a);
            $settle();
            $said['close'] = $wait->got;
            $c->shut($b);
            foreach (['over', 'over3'] as $replace) {
                [$a, $b] = $make($kind);
                [$other, $far] = $make($kind);
                $wait = $begin($call, $a);
                $settle();
                $c->$replace($other, $a);
                $settle();
                $said[$replace] = $wait->got;
                // The number is the other one now: what is said to the old one reaches nobody, and what is said to the new one does.
                $kind === 'pair' && $c->put($b, 'old', 3);
                $wait = $begin('by_read', $a);
                $settle();
                $said["{$replace}, before"] = $wait->got;
                $c->put($far, 'new', 3);
                $settle();
                $said["{$replace}, after"] = $wait->got;
                foreach ([$a, $b, $other, $far] as $fd) {
                    $c->shut($fd);
                }
            }
            check("{$kind}, {$call}", $said, ['close' => $error, 'over' => $error, 'over, before' => null, 'over, after' => 'new',
                'over3' => $error, 'over3, before' => null, 'over3, after' => 'new']);
        }
    }

    // A number over itself, and one that does not exist, change nothing.
    [$a, $b] = $make('pair');
    $wait = $begin('by_recv', $a);
    $settle();
    check('dup2() of itself, of nothing', [$c->over($a, $a), $c->over(60_000, $a)], [$a, EBADF]);
    $settle();
    check('wakes nobody', $wait->got, null);
    $c->put($b, 'text', 4);
    $settle();
    check('who then gets the text', $wait->got, 'text');

    // A copy shares what it copies: the wait goes on when the copy is closed, and both see one mode.
    [$other] = $make('pair');
    $c->over($a, $other);
    $wait = $begin('by_recv', $a);
    $settle();
    $c->shut($other);
    $settle();
    check('a copy that is closed wakes nobody', $wait->got, null);
    $c->put($b, 'text', 4);
    $settle();
    check('nor loses anything', $wait->got, 'text');

    foreach (['flag' => 'fcntl()', 'flip' => 'ioctl()'] as $change => $name) {
        $wait = $begin('by_recv', $a);
        $settle();
        $c->$change($a, 1);
        $settle();
        check("{$name}: one who waits waits on", $wait->got, null);
        $c->put($b, 'late', 4);
        $settle();
        check("{$name}: gets it", $wait->got, 'late');
        $wait = $begin('by_recv', $a);
        check("{$name}: the next does not wait", $wait->got, EAGAIN);
        $c->$change($a, 0);
        $wait = $begin('by_recv', $a);
        $settle();
        check("{$name}: and back", $wait->got, null);
        $c->put($b, 'again', 5);
        $settle();
        check("{$name}: gets it again", $wait->got, 'again');
    }

    // A time-out holds for calls that begin after it was set.
    $wait = $begin('by_recv', $a);
    $settle();
    $c->patience($a, 30);
    Coroutine::sleep(0.06);
    check('SO_RCVTIMEO: who waits already waits on', $wait->got, null);
    $c->put($b, 'x', 1);
    $settle();
    check('SO_RCVTIMEO: and gets it', $wait->got, 'x');
    $wait = $begin('by_recv', $a);
    $settle();
    check('SO_RCVTIMEO: the next waits', $wait->got, null);
    HighperTest\wait_until(static fn () => $wait->got !== null, 'a time-out');
    check('SO_RCVTIMEO: for as long', $wait->got, EAGAIN);
    $c->patience($a, 0);
    $wait = $begin('by_recv', $a);
    Coroutine::sleep(0.06);
    check('SO_RCVTIMEO: and without it for ever', $wait->got, null);
    $c->shut($a);
    $settle();
    check('until it is closed', $wait->got, EBADF);
});
?>
--EXPECT--
ok: compiled
ok: pair, by_recv
ok: pair, by_read
ok: pair, by_recvmsg
ok: pair, by_poll
ok: pair, by_two
ok: pipes, by_read
ok: pipes, by_poll
ok: dup2() of itself, of nothing
ok: wakes nobody
ok: who then gets the text
ok: a copy that is closed wakes nobody
ok: nor loses anything
ok: fcntl(): one who waits waits on
ok: fcntl(): gets it
ok: fcntl(): the next does not wait
ok: fcntl(): and back
ok: fcntl(): gets it again
ok: ioctl(): one who waits waits on
ok: ioctl(): gets it
ok: ioctl(): the next does not wait
ok: ioctl(): and back
ok: ioctl(): gets it again
ok: SO_RCVTIMEO: who waits already waits on
ok: SO_RCVTIMEO: and gets it
ok: SO_RCVTIMEO: the next waits
ok: SO_RCVTIMEO: for as long
ok: SO_RCVTIMEO: and without it for ever
ok: until it is closed
