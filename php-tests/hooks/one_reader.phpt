--TEST--
A stream that one coroutine waits for refuses a second one in the same direction, whatever library it belongs to
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
use function HighperTest\{check, temp_path, wait_until};
use function Swoole\Coroutine\{go, run};
use Swoole\Coroutine;

// A library that nobody has heard of, in two manners: it blocks, or it asks poll() and never blocks.
file_put_contents(temp_path('oracle.c'), <<<'C'
    #include <errno.h>
    #include <fcntl.h>
    #include <poll.h>
    #include <sys/socket.h>
    #include <unistd.h>

    int oracle_open(int *ends, int kind, int mode)
    {
        int made = socketpair(AF_UNIX, kind, 0, ends);
        if (mode) fcntl(ends[0], F_SETFL, O_NONBLOCK);
        return made;
    }

    /* How many bytes, or the error, negative. */
    int oracle_read(int fd, char *to, int room)
    {
        for (;;) {
            int got = recv(fd, to, room, 0);
            if (got >= 0) return got;
            if (errno != EAGAIN) return -errno;
            struct pollfd p = {fd, POLLIN, 0};
            if (poll(&p, 1, 2000) < 0) return -errno;
        }
    }

    int oracle_ask(int fd, const char *question, int length, char *to, int room)
    {
        int sent = send(fd, question, length, 0);
        return sent < 0 ? -errno : oracle_read(fd, to, room);
    }

    int oracle_tell(int fd, const char *text, int length) { return send(fd, text, length, 0); }
    C);
exec('cc -shared -fPIC -o ' . escapeshellarg(temp_path('oracle.so')) . ' ' . escapeshellarg(temp_path('oracle.c')) . ' 2>&1', $said, $code);
check('it compiles', [$code, $said], [0, []]);
$oracle = FFI::cdef('int oracle_open(int *, int, int); int oracle_read(int, char *, int); int oracle_tell(int, const char *, int);
    int oracle_ask(int, const char *, int, char *, int);', temp_path('oracle.so'));

/** What a call throws: the number and the places taken out. */
function refused(callable $call): string
{
    try {
        $given = $call();
    } catch (Swoole\Error $error) {
        $text = preg_replace(['~Socket#\d+~', '~ at \S+one_reader\S*:\d+~', '~\. A connection has.*~s'], ['Socket', ' at a place', ''], $error->getMessage());
        return "{$text} ({$error->getCode()}, " . swoole_last_error() . ')';
    }

    return 'nothing: ' . var_export($given, true);
}

/** @return list<int> */
function twice(callable $body): array
{
    return [go($body), go($body)];
}

run(static function () use ($oracle) {
    $own = Coroutine::getCid();
    $said = static fn (string $doing, string $called, int $owner, string $inside) => "Socket has already been bound to another coroutine#{$owner}, {$doing} of the same socket in "
        . "coroutine#{$own} at the same time is not allowed: {$called}() at a place, while coroutine#{$owner} is inside {$inside}() at a place (10002, 10002)";
    foreach (['blocking', 'non-blocking'] as $mode => $name) {
        $ends = $oracle->new('int[2]');
        $oracle->oracle_open($ends, 1, $mode);
        [$fd, $peer] = [$ends[0], $ends[1]];
        $room = $oracle->new('char[100]');
        $got = null;
        $first = go(static function () use ($oracle, $fd, &$got) {
            $answer = $oracle->new('char[100]');
            $got = [$oracle->oracle_ask($fd, 'why', 3, $answer, 100), FFI::string($answer, 6)];
        });
        check("{$name}: a second question", refused(static fn () => $oracle->oracle_ask($fd, 'who', 3, $room, 100)), $said('reading', 'FFI::oracle_ask', $first, 'FFI::oracle_ask'));
        check("{$name}: one may write", $oracle->oracle_tell($fd, 'when', 4), 4);
        check("{$name}: the other end reads", [$oracle->oracle_read($peer, $room, 100), FFI::string($room, 10)], [10, 'whywhowhen']);
        $oracle->oracle_tell($peer, 'since.', 6);
        Coroutine::join([$first]);
        check("{$name}: the first has its answer", $got, [6, 'since.']);
        $oracle->oracle_tell($peer, 'then', 4);
        check("{$name}: and then the next one may", $oracle->oracle_read($fd, $room, 100), 4);
        $waits = go(static fn () => refused(static fn () => $oracle->oracle_read($fd, $oracle->new('char[9]'), 9)));
        Coroutine::cancel($waits);
        Coroutine::join([$waits]);
        $oracle->oracle_tell($peer, 'now', 3);
        check("{$name}: one that was cancelled is in nobody's way", $oracle->oracle_read($fd, $room, 100), 3);
    }

    // PHP's own streams.
    [$here, $there] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $got = null;
    $first = go(static function () use ($here, &$got) { $got = fgets($here); });
    check('a stream', refused(static fn () => fgets($here)), $said('reading', 'fgets', $first, 'fgets'));
    check('a stream is written meanwhile', [fwrite($here, "question\n"), fgets($there)], [9, "question\n"]);
    // What came is the first one's, though that has not run yet.
    fwrite($there, "answer\n");
    check('what came is for the first', refused(static fn () => fread($here, 100)), $said('reading', 'fread', $first, 'fgets'));
    Coroutine::join([$first]);
    check('and it has it', $got, "answer\n");
    $much = str_repeat('x', 4 << 20);
    $first = go(static function () use ($here, $much, &$got) { $got = fwrite($here, $much); });
    check('a second writer', refused(static fn () => @fwrite($here, 'y')), $said('writing', 'fwrite', $first, 'fwrite'));
    for ($read = ''; strlen($read) < strlen($much); $read .= fread($there, 1 << 20));
    Coroutine::join([$first]);
    check('nothing came in between', [$got === strlen($much), $read === $much], [true, true]);
    try {
        $first = go(static fn () => fgets($here));
        fgets($here);
    } catch (Swoole\Error $error) {
        check('both places', preg_match_all('~ at \S*one_reader\S*:\d+~', $error->getMessage()), 2);
        check("the other's backtrace", preg_match("~\\[Coroutine-{$first}\\] Stack trace:\n#0 \\S*one_reader\\S*\\(\\d+\\): fgets\\(~", $error->getMessage()), 1);
    }
    Coroutine::cancel($first);

    // Where it is legal to share: connections and datagrams are given to one each.
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $got = [];
    $each = twice(static function () use ($listener, &$got) {
        $got[] = fgets(stream_socket_accept($listener, 5));
    });
    foreach (['a', 'b'] as $text) {
        $clients[] = $client = stream_socket_client('tcp://' . stream_socket_get_name($listener, false));
        fwrite($client, "{$text}\n");
    }
    Coroutine::join($each);
    sort($got);
    check('two accept', $got, ["a\n", "b\n"]);
    $ends = $oracle->new('int[2]');
    $oracle->oracle_open($ends, 2, 0);
    $got = [];
    $each = twice(static function () use ($oracle, $ends, &$got) {
        $got[] = $oracle->oracle_read($ends[0], $oracle->new('char[9]'), 9);
    });
    $oracle->oracle_tell($ends[1], 'one', 3);
    $oracle->oracle_tell($ends[1], 'three', 5);
    Coroutine::join($each);
    sort($got);
    check('two receive datagrams', $got, [3, 5]);
    $process = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
    $got = null;
    $first = go(static function () use ($pipes, &$got) { $got = fread($pipes[1], 4); });
    check('a pipe', refused(static fn () => fread($pipes[1], 4)), $said('reading', 'fread', $first, 'fread'));
    fwrite($pipes[0], 'four');
    Coroutine::join([$first]);
    fwrite($pipes[0], 'five');
    check('which then serves the next one', [$got, fread($pipes[1], 4), feof($pipes[1])], ['four', 'five', false]);
    fclose($pipes[0]);
    proc_close($process);
    // Two may look at the same time what there is.
    $looks = static function () use ($here) { $read = [$here]; $none = []; return stream_select($read, $none, $none, 0, 50_000); };
    $got = [];
    Coroutine::join(twice(static function () use ($looks, &$got) { $got[] = $looks(); }));
    check('two look', $got, [0, 0]);

    // A TLS stream of PHP's is in non-blocking mode while one waits for it: another one finds nothing there.
    $certificates = new HighperTest\Certificates();
    $certificates->leaf('leaf', 'one.test');
    $listener = stream_socket_server('ssl://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN,
        stream_context_create(['ssl' => ['local_cert' => $certificates->path('leaf.crt'), 'local_pk' => $certificates->path('leaf.key')]]));
    go(static function () use ($listener, &$far) { $far = stream_socket_accept($listener, 5); });
    $near = $certificates->connect((int) substr(strrchr(stream_socket_get_name($listener, false), ':'), 1));
    wait_until(static function () use (&$far) { return is_resource($far); }, 'the other side is there');
    $got = null;
    $first = go(static function () use ($near, &$got) { $got = fgets($near); });
    check('a TLS stream', refused(static fn () => fgets($near)), 'nothing: false');
    check('which is written meanwhile', [fwrite($near, "question\n"), fgets($far), fwrite($far, "answer\n")], [9, "question\n", 7]);
    Coroutine::join([$first]);
    check('and read', $got, "answer\n");
});
?>
--EXPECT--
ok: it compiles
ok: blocking: a second question
ok: blocking: one may write
ok: blocking: the other end reads
ok: blocking: the first has its answer
ok: blocking: and then the next one may
ok: blocking: one that was cancelled is in nobody's way
ok: non-blocking: a second question
ok: non-blocking: one may write
ok: non-blocking: the other end reads
ok: non-blocking: the first has its answer
ok: non-blocking: and then the next one may
ok: non-blocking: one that was cancelled is in nobody's way
ok: a stream
ok: a stream is written meanwhile
ok: what came is for the first
ok: and it has it
ok: a second writer
ok: nothing came in between
ok: both places
ok: the other's backtrace
ok: two accept
ok: two receive datagrams
ok: a pipe
ok: which then serves the next one
ok: two look
ok: a TLS stream
ok: which is written meanwhile
ok: and read
