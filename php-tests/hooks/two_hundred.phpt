--TEST--
Two hundred coroutines, each in one call of 0.1 s: streams over tcp, udp, local sockets and pipes, selects, sockets, sleeps
--EXTENSIONS--
highper
sockets
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Runtime;
use function HighperTest\{check, temp_path};
use function Swoole\Coroutine\{go, run};

const MANY = 200;

/** Runs $wait(i) in as many coroutines; meanwhile, after 0.1 s, $answer(i) for each. */
function side_by_side(string $name, callable $wait, ?callable $answer = null): void
{
    $done = [];
    $start = microtime(true);
    for ($i = 0; $i < MANY; $i++) {
        go(static function () use ($wait, $i, &$done) { $done[] = $wait($i); });
    }
    if ($answer) {
        usleep(100_000);
        for ($i = 0; $i < MANY; $i++) { $answer($i); }
    }
    while (count($done) < MANY && microtime(true) - $start < 8) { usleep(1_000); }
    $time = microtime(true) - $start;
    check($name, [array_count_values(array_map('json_encode', $done)), $time >= 0.099, $time < 1.0 ?: $time], [['true' => MANY], true, true]);
}

run(static function () {
    side_by_side('usleep()', static function () { usleep(100_000); return true; });
    side_by_side('time_nanosleep()', static fn () => time_nanosleep(0, 100_000_000));

    foreach (['tcp://127.0.0.1:0', 'unix://' . temp_path('many')] as $address) {
        $kind = strstr($address, ':', true);
        $listener = stream_socket_server($address, $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, stream_context_create(['socket' => ['backlog' => 512]]));
        $name = $kind === 'tcp' ? 'tcp://' . stream_socket_get_name($listener, false) : $address;
        $clients = $peers = [];
        for ($i = 0; $i < MANY; $i++) {
            $clients[] = stream_socket_client($name);
            $peers[] = stream_socket_accept($listener);
        }
        side_by_side($kind, static fn ($i) => fread($clients[$i], 100) === 'answer', static fn ($i) => fwrite($peers[$i], 'answer'));
        side_by_side("stream_select() of {$kind}", static function ($i) use ($clients) {
            $read = [$clients[$i]];
            $write = $except = null;
            return stream_select($read, $write, $except, 5) === 1 && fread($clients[$i], 10) === 'selected';
        }, static fn ($i) => fwrite($peers[$i], 'selected'));
        side_by_side("{$kind} accept", static fn () => is_resource(stream_socket_accept($listener, 5)), static function () use ($name, &$keep) { $keep[] = stream_socket_client($name); });
    }
    $one = [];
    for ($i = 0; $i < MANY; $i++) { $one[] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_DGRAM, 0); }
    side_by_side('local datagrams', static fn ($i) => fread($one[$i][0], 100) === 'packet', static fn ($i) => fwrite($one[$i][1], 'packet'));
    $udp = [];
    // PHP lets several share an address, and the system may choose one twice.
    while (count($udp) < MANY) {
        $socket = stream_socket_server('udp://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND);
        $udp[stream_socket_get_name($socket, false)] ??= $socket;
    }
    $udp = array_values($udp);
    side_by_side('udp', static fn ($i) => stream_socket_recvfrom($udp[$i], 100) === 'packet', static fn ($i) => stream_socket_sendto($udp[0], 'packet', 0, stream_socket_get_name($udp[$i], false)));
    unset($one, $udp, $clients, $peers);

    $pipes = [];
    for ($i = 0; $i < 20; $i++) { $pipes[] = popen('sleep 0.1; echo out', 'r'); }
    side_by_side('a pipe', static fn ($i) => $i >= 20 ? time_nanosleep(0, 100_000_000) : fgets($pipes[$i]) === "out\n");
    array_map(pclose(...), $pipes);

    foreach (['ours' => SWOOLE_HOOK_ALL, 'PHP\'s' => SWOOLE_HOOK_ALL ^ SWOOLE_HOOK_SOCKETS] as $whose => $flags) {
        Runtime::setHookFlags($flags);
        $pairs = [];
        for ($i = 0; $i < MANY; $i++) { socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pairs[$i]); }
        side_by_side("socket_recv(), {$whose}", static fn ($i) => socket_recv($pairs[$i][0], $data, 100, 0) === 4 && $data === 'sent', static fn ($i) => socket_write($pairs[$i][1], 'sent'));
        side_by_side("socket_select(), {$whose}", static function ($i) use ($pairs) {
            $read = [$pairs[$i][0]];
            $write = $except = null;
            return socket_select($read, $write, $except, 5) === 1;
        }, static fn ($i) => socket_write($pairs[$i][1], 'x'));
    }
});
?>
--EXPECT--
ok: usleep()
ok: time_nanosleep()
ok: tcp
ok: stream_select() of tcp
ok: tcp accept
ok: unix
ok: stream_select() of unix
ok: unix accept
ok: local datagrams
ok: udp
ok: a pipe
ok: socket_recv(), ours
ok: socket_select(), ours
ok: socket_recv(), PHP's
ok: socket_select(), PHP's
