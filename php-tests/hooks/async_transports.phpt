--TEST--
async.tcp and the like, and async.file, suspend whatever the flags say; "0:PORT" and ":PORT" are local addresses of clients
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

use Swoole\Runtime;
use function HighperTest\{check, temp_path};
use function Swoole\Coroutine\{go, run};

/** How many others ran while $body did. Flags are all off: only these transports suspend. */
function ticks(callable $body): int
{
    $ticks = 0;
    $over = false;
    go(static function () use (&$ticks, &$over) { while (! $over) { Swoole\Coroutine::sleep(0.002); $ticks++; } });
    $body();
    $over = true;
    return $ticks;
}

Runtime::enableCoroutine(0);
run(static function () {
    Runtime::setHookFlags(0);
    foreach (['async.tcp://127.0.0.1:0', 'async.unix://' . temp_path('stream')] as $address) {
        $kind = strstr($address, ':', true);
        $ticks = ticks(static function () use ($address, $kind) {
            $listener = stream_socket_server($address);
            go(static function () use ($listener) {
                $peer = stream_socket_accept($listener, 5);
                Swoole\Coroutine::sleep(0.03);
                fwrite($peer, "hello\n");
                fclose($peer);
            });
            $name = stream_socket_get_name($listener, false);
            $client = stream_socket_client($kind === 'async.tcp' ? "async.tcp://{$name}" : $address, $code, $message, 5);
            check("{$kind} waits", [fgets($client), fgets($client), feof($client)], ["hello\n", false, true]);

            check("{$kind} accepts in vain", @stream_socket_accept($listener, 0.03), false);
        });
        check("{$kind} lets others run", $ticks > 5 ?: $ticks);
    }
    $path = temp_path('datagrams');
    $server = stream_socket_server("async.udg://{$path}", $code, $message, STREAM_SERVER_BIND);
    $ticks = ticks(static function () use ($server, $path) {
        go(static function () use ($path) {
            $client = stream_socket_client("async.udg://{$path}");
            Swoole\Coroutine::sleep(0.03);
            fwrite($client, 'datagram');
        });
        check('async.udg waits', stream_socket_recvfrom($server, 100), 'datagram');
    });
    check('async.udg lets others run', $ticks > 5 ?: $ticks);

    // A file: always by a thread, even of what is in memory.
    $file = temp_path('file');
    $content = random_bytes(300_000);
    check('async.file writes', [file_put_contents("async.file://{$file}", $content), file_get_contents($file) === $content], [300_000, true]);
    // Two readers, and one who runs whenever they wait.
    $turns = 0;
    $read = ['', ''];
    foreach ([0, 1] as $who) {
        go(static function () use ($who, $file, &$read) {
            $handle = fopen("async.file://{$file}", 'r');
            while (! feof($handle)) { $read[$who] .= fread($handle, 8192); }
        });
    }
    $self = Swoole\Coroutine::getCid();
    while (strlen($read[0]) + strlen($read[1]) < 600_000) {
        $turns++;
        Swoole\Event::defer(static fn () => Swoole\Coroutine::resume($self));
        Swoole\Coroutine::yield();
    }
    check('async.file reads', $read === [$content, $content]);
    check('async.file lets others run', $turns > 5 ?: $turns);
    $handle = fopen("async.file://{$file}", 'r');
    check('seek and tell', [fseek($handle, 100), ftell($handle), fread($handle, 3) === substr($content, 100, 3), fstat($handle)['size']], [0, 100, true, 300_000]);
    check('lock, truncate', [flock($handle, LOCK_EX), fclose($handle)], [true, true]);
    check('a missing one', @fopen('async.file:///nowhere/at/all', 'r'), false);
    check('others of the wrapper', [is_file("async.file://{$file}"), filesize("async.file://{$file}"), rename("async.file://{$file}", "async.file://{$file}2"), unlink("async.file://{$file}2"), is_file($file)], [true, 300_000, true, true, false]);
    check('folders', [mkdir("async.file://{$file}"), scandir("async.file://{$file}"), rmdir("async.file://{$file}")], [true, ['.', '..'], true]);
    check('wrong names', @stream_socket_client('async.nothing://127.0.0.1:1'), false);
});
// Outside of coroutines they are PHP's own.
[$listener, $name] = [$one = stream_socket_server('async.tcp://127.0.0.1:0'), stream_socket_get_name($one, false)];
check('outside', is_resource(stream_socket_client("async.tcp://{$name}")));

Runtime::enableCoroutine();
run(static function () {
    $free = static function (): int {
        $probe = stream_socket_server('tcp://127.0.0.1:0');
        return (int) substr(strrchr(stream_socket_get_name($probe, false), ':'), 1);
    };
    $listener = stream_socket_server('tcp://127.0.0.1:0');
    $name = stream_socket_get_name($listener, false);
    foreach (['0:%d', ':%d', '127.0.0.1:%d'] as $form) {
        $port = $free();
        $context = stream_context_create(['socket' => ['bindto' => sprintf($form, $port)]]);
        $client = stream_socket_client("tcp://{$name}", $code, $message, 5, STREAM_CLIENT_CONNECT, $context);
        check("bindto {$form}", stream_socket_get_name($client, false), "127.0.0.1:{$port}");
    }
});
?>
--EXPECT--
ok: async.tcp waits
ok: async.tcp accepts in vain
ok: async.tcp lets others run
ok: async.unix waits
ok: async.unix accepts in vain
ok: async.unix lets others run
ok: async.udg waits
ok: async.udg lets others run
ok: async.file writes
ok: async.file reads
ok: async.file lets others run
ok: seek and tell
ok: lock, truncate
ok: a missing one
ok: others of the wrapper
ok: folders
ok: wrong names
ok: outside
ok: bindto 0:%d
ok: bindto :%d
ok: bindto 127.0.0.1:%d
