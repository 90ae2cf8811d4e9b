--TEST--
A coroutine is cancelled, or thrown into, in each kind of wait: it ends at once, `finally` runs, and nothing stays behind
--EXTENSIONS--
highper
sockets
pcntl
posix
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine as Co;
use Swoole\Coroutine\{Barrier, Channel, Lock, Socket, System, WaitGroup};
use function HighperTest\{check, temp_path};

$silent = stream_socket_server('tcp://127.0.0.1:0');
$address = stream_socket_get_name($silent, false);
$port = (int) substr(strrchr($address, ':'), 1);
$held = fopen(temp_path('held'), 'w');
flock($held, LOCK_EX);

$waits = [
    'sleep' => fn () => Co::sleep(60),
    'usleep()' => fn () => usleep(60_000_000),
    'time_nanosleep()' => fn () => time_nanosleep(60, 0),
    'yield' => fn () => Co::yield(),
    'an empty channel' => fn () => (new Channel(1))->pop(),
    'a full channel' => function () { $full = new Channel(1); $full->push(1); $full->push(2); },
    'a group' => function () { $group = new WaitGroup(); $group->add(); $group->wait(); },
    'a lock' => function () { $lock = new Lock(); go(function () use ($lock) { $lock->lock(); Co::sleep(0.5); $lock->unlock(); }); $lock->lock(); },
    'others' => function () { Co::join([go(fn () => Co::sleep(0.5))]); },
    'a barrier' => function () { $barrier = Barrier::make(); go(function () use ($barrier) { Co::sleep(0.5); }); Barrier::wait($barrier); },
    'batch' => fn () => Co\batch([fn () => Co::sleep(0.5)]),
    'a socket to read' => function () { [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0); $a->recv(1, 60); },
    'a socket to write' => function () { [$a, $b] = swoole_coroutine_socketpair(AF_UNIX, SOCK_STREAM, 0); $a->sendAll(str_repeat('x', 8_000_000), 60); },
    'a connection to accept' => function () { $s = new Socket(AF_INET, SOCK_STREAM, 0); $s->bind('127.0.0.1'); $s->listen(); $s->accept(60); },
    'a packet' => function () { $s = new Socket(AF_INET, SOCK_DGRAM, 0); $s->bind('127.0.0.1'); $s->recvfrom($peer, 60); },
    'a client' => function () use ($port) { $c = new Co\Client(SWOOLE_SOCK_TCP); $c->connect('127.0.0.1', $port); $c->recv(60); },
    'a stream' => fn () => fread(stream_socket_client("tcp://$address"), 1),
    'a line' => fn () => fgets(stream_socket_client("tcp://$address")),
    'stream_select()' => function () use ($address) { $r = [stream_socket_client("tcp://$address")]; $w = $e = null; @stream_select($r, $w, $e, 60); },
    'an HTTP stream' => fn () => @file_get_contents("http://$address/"),
    'a pipe' => function () { $p = proc_open(['sleep', '1'], [1 => ['pipe', 'w']], $pipes); try { @fread($pipes[1], 1); } finally { proc_terminate($p, 9); } },
    'a lock of a file' => fn () => flock(fopen(temp_path('held'), 'r'), LOCK_SH),
    'a child' => function () { $pid = pcntl_fork_quiet(); try { System::waitPid($pid, 60); } finally { posix_kill($pid, SIGKILL); } },
    'a signal' => fn () => System::waitSignal(SIGUSR2, 60),
    'a descriptor' => function () use ($address) { System::waitEvent(stream_socket_client("tcp://$address"), SWOOLE_EVENT_READ, 60); },
];
if (extension_loaded('curl')) {
    $waits['curl'] = function () use ($address) { $c = curl_init("http://$address/"); curl_setopt($c, CURLOPT_RETURNTRANSFER, true); curl_exec($c); };
}
/** A process that sleeps, made without a fork inside the coroutine. */
function pcntl_fork_quiet(): int
{
    static $kept = [];
    $kept[] = $process = proc_open(['sleep', '5'], [], $pipes);
    return proc_get_status($process)['pid'];
}

Co\run(function () use ($waits) {
    foreach ($waits as $name => $wait) {
        foreach ([false, true] as $throw) {
            $state = (object) ['end' => 'waits', 'finally' => false];
            $start = hrtime(true);
            $id = go(function () use ($wait, $state) {
                try {
                    $wait();
                    $state->end = 'goes on';
                } catch (Co\CanceledException) {
                    $state->end = 'caught';
                } finally {
                    $state->finally = true;
                }
            });
            if ($state->end !== 'waits') {
                echo "$name: does not wait ($state->end)\n";
                continue 2;
            }
            if (!Co::cancel($id, $throw)) {
                echo "$name: not cancelled\n";
            }
            for ($i = 0; $i < 200 && !$state->finally; $i++) {
                Co::sleep(0.001);
            }
            $expected = $throw ? 'caught' : 'goes on';
            if ($state->end !== $expected || !$state->finally || Co::exists($id) || hrtime(true) - $start > 400_000_000) {
                printf("%s: %s, wanted %s, %s, %d ms\n", $name, $state->end, $expected, Co::exists($id) ? 'still there' : 'ended', (hrtime(true) - $start) / 1e6);
            }
        }
    }
    echo "all were cancelled\n";
    // What some of them had started ends by itself.
    for ($i = 0; $i < 1500 && Co::stats()['coroutine_num'] > 1; $i++) {
        foreach (Co::list() as $id) { if ($id !== Co::getCid()) { Co::cancel($id); } }
        Co::sleep(0.001);
    }
    check('nothing waits any more', [Co::stats()['coroutine_num'], Co::stats()['event_num']], [1, Co::stats()['event_num']]);
});
?>
--EXPECT--
all were cancelled
ok: nothing waits any more
