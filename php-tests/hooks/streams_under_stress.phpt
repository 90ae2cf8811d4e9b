--TEST--
What breaks waits on streams: slow readers of 100 MB, modes that change, signals, peers that never answer, ends of the program
--EXTENSIONS--
highper
pcntl
posix
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

const SIZE = 100_000_000;

run(static function () {
    // 100 MB in one call to one who reads slowly at first.
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $sent = null;
    $sum = hash_init('crc32b');
    go(static function () use ($a, &$sent) {
        $block = str_repeat('0123456789', SIZE / 10);
        $sent = [fwrite($a, $block), hash('crc32b', $block)];
        fclose($a);
    });
    $got = 0;
    for ($turn = 0; ! feof($b); $turn++) {
        $part = fread($b, 1 << 20);
        hash_update($sum, $part);
        $got += strlen($part);
        if ($turn < 20) { usleep(2_000); }
    }
    check('all of it, once', [$got, $sent], [SIZE, [SIZE, hash_final($sum)]]);

    // The reader gives up in the middle: the writer is told.
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    go(static function () use ($b) { fread($b, 1000); usleep(10_000); fclose($b); });
    $wrote = @fwrite($a, str_repeat('x', 10_000_000));
    check('the reader is gone', $wrote === false || $wrote < 10_000_000);

    // The mode changes while one waits: it waits on. The next call does not.
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $first = null;
    go(static function () use ($a, &$first) { $first = fread($a, 100); });
    stream_set_blocking($a, false);
    usleep(5_000);
    check('still waiting', $first, null);
    fwrite($b, 'late');
    usleep(5_000);
    check('then it has it', [$first, fread($a, 100)], ['late', '']);
    stream_set_blocking($a, true);
    go(static function () use ($b) { usleep(10_000); fwrite($b, 'blocking again'); });
    check('and back', fread($a, 100), 'blocking again');

    // Signals interrupt nothing.
    pcntl_async_signals(true);
    $signals = 0;
    pcntl_signal(SIGUSR1, static function () use (&$signals) { $signals++; });
    go(static function () use ($b) { for ($i = 0; $i < 20; $i++) { usleep(1_000); posix_kill(getmypid(), SIGUSR1); } fwrite($b, 'at last'); });
    check('a read under signals', [fread($a, 100), $signals > 0], ['at last', true]);
    $start = microtime(true);
    go(static function () { for ($i = 0; $i < 10; $i++) { usleep(1_000); posix_kill(getmypid(), SIGUSR1); } });
    usleep(50_000);
    check('a sleep under signals', microtime(true) - $start >= 0.049);

    // A server that accepts and never answers.
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $address = stream_socket_get_name($listener, false);
    $limited = static function (callable $call): array { $start = microtime(true); $said = $call(); $time = microtime(true) - $start; return [$said, $time > 0.05 && $time < 3 ?: $time]; };
    ini_set('default_socket_timeout', '1');
    $stream = stream_socket_client("tcp://{$address}", $code, $message, 5);
    go(static function () use ($limited, $stream, &$default) { $default = $limited(static fn () => fread($stream, 10)); });
    go(static function () use ($limited, $address, &$http) { $http = $limited(static fn () => @file_get_contents("http://{$address}/", false, stream_context_create(['http' => ['timeout' => 0.1]]))); });
    go(static function () use ($limited, $address, &$set) {
        $one = stream_socket_client("tcp://{$address}", $code, $message, 5);
        stream_set_timeout($one, 0, 100_000);
        $set = $limited(static fn () => [fread($one, 10), stream_get_meta_data($one)['timed_out']]);
    });
    while ($default === null || $http === null || $set === null) { usleep(5_000); }
    check('default_socket_timeout', $default, [false, true]);
    check('the time-out of a context', $http, [false, true]);
    check('stream_set_timeout()', $set, [[false, true], true]);
    // One whose queue is full, and nobody accepts: connect() itself ends.
    check('connect in vain', $limited(static fn () => @stream_socket_client('tcp://192.0.2.1:81', $code, $message, 0.1))[0], false);

    // Hundred readers of hundred streams, all closed at once by somebody else.
    $pairs = $ended = [];
    for ($i = 0; $i < 100; $i++) {
        $pairs[] = $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        go(static function () use ($pair, &$ended) { $ended[] = @fread($pair[0], 10); });
    }
    foreach ($pairs as [$one]) { fclose($one); }
    usleep(5_000);
    check('a hundred at once', count($ended), 100);
});

// Waits in destructors and shutdown functions: inside a coroutine they suspend, at the end of the program they block.
#[AllowDynamicProperties]
final class Talker
{
    private array $pair;
    public function __construct(private string $name) { $this->pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0); }
    public function __destruct()
    {
        fwrite($this->pair[1], $this->name);
        usleep(2_000);
        check('a destructor talks', fread($this->pair[0], 100), $this->name);
    }
}
run(static function () {
    $object = new Talker('in a coroutine');
    go(static function () { $cycle = new Talker('of a cycle'); $cycle->self = $cycle; unset($cycle); gc_collect_cycles(); });
    unset($object);
    $GLOBALS['last'] = new Talker('at the end');
});
register_shutdown_function(static function () {
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    fwrite($b, 'over');
    usleep(1_000);
    check('a shutdown function', fread($a, 10), 'over');
});
?>
--EXPECTF--
ok: all of it, once
ok: the reader is gone
ok: still waiting
ok: then it has it
ok: and back
ok: a read under signals
ok: a sleep under signals
ok: default_socket_timeout
ok: the time-out of a context
ok: stream_set_timeout()
ok: connect in vain
ok: a hundred at once
ok: a destructor talks
ok: a destructor talks
ok: a shutdown function
ok: a destructor talks
