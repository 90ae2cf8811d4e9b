--TEST--
An upgrade: a new program has the sockets and serves, no request is lost; one that can't start changes nothing; in both faces
--TIMEOUT--
120
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{HttpClient, Server};

$php = getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY;
$pidFile = temp_path('server.pid');
$script = temp_path('server.php');
/** The program: what it answers, and what it does before and at its start. */
$write = function (string $text, string $before = '', string $start = '') use ($script, $pidFile): void {
    file_put_contents("{$script}.new", <<<PHP
        <?php
        {$before}
        exit(Highper\Application::create(__DIR__)
            ->settings(['workers' => 2, 'pid_file' => '{$pidFile}', 'max_wait_time' => 10] + json_decode(getenv('SETTINGS') ?: '[]', true))
            ->onStart(function () { {$start} })
            ->get('/', fn () => '{$text}')
            ->get('/slow', function () { usleep(1_500_000); return '{$text}'; })
            ->run([\$argv[0], ...array_slice(\$argv, 2)]));
        PHP);
    rename("{$script}.new", $script);
};
$end = fn (int $pid) => wait_until(fn () => !($stat = @file_get_contents("/proc/{$pid}/stat")) || str_contains($stat, ') Z '), "the end of {$pid}", 15);
$pid = function () use ($pidFile): int {
    // A server accepts a moment before its file is there.
    wait_until(fn () => (int) @file_get_contents($pidFile) > 0, 'the pid file');
    return (int) file_get_contents($pidFile);
};
register_shutdown_function(function () use ($pidFile) {
    ($left = (int) @file_get_contents($pidFile)) && posix_kill($left, SIGKILL);
});
$command = function (string $word, ?callable $meanwhile = null, string $settings = '[]') use ($script): array {
    $run = Server::start($script, [$word], environment: ['SETTINGS' => $settings], wait: false);
    while ($meanwhile && $run->isRunning()) {
        $meanwhile();
    }
    return [$run->waitForEnd(60), trim($run->log())];
};
/** An upgrade under load: exit code, what was said, and the answers in the order that they first came. */
$upgrade = function (Server $server, string $settings = '[]') use ($command): array {
    $seen = $failed = [];
    $slow = new HttpClient($server->port, 10.0);
    $slow->send('GET', '/slow');
    $ask = function () use ($server, &$seen, &$failed): void {
        try {
            $seen[$server->get('/')->body] = true;
        } catch (RuntimeException $e) {
            $failed[] = $e->getMessage();
        }
    };
    array_map(fn () => $ask(), range(1, 20));
    $done = $command('upgrade', $ask, $settings);
    array_map(fn () => $ask(), range(1, 100));
    return [$done[0], $done[1], array_keys($seen), $failed, $slow->receive()->body];
};

$write('one');
$server = Server::start($script);
$first = $pid();
check('the first program', [$first, $server->get('/')->body], [$server->pid, 'one']);
$write('two');
[$code, $said, $seen, $failed, $slow] = $upgrade($server);
$second = $pid();
check('another process', [$code, $said, $second !== $first], [0, "upgraded: process {$second} serves, process {$first} ends", true]);
check('no request is lost', [$failed, $seen], [[], ['one', 'two']]);
check('one that was under way is answered by the old program', $slow, 'one');
check('which ends', $server->waitForEnd(20), 0);
check('the new one serves on', [$server->get('/')->body, posix_kill($second, 0)], ['two', true]);
check('the status is that of the new one', str_contains($command('status')[1], "manager process {$second}"));

file_put_contents($script, '<?php this is no PHP;');
posix_kill($second, 52);
$server->waitForLog('upgrade failed, this program serves on: it ended before it was ready', 15);
check('a program that does not compile', [$server->get('/')->body, $pid()], ['two', $second]);
$write('three', '', 'throw new RuntimeException("no database");');
[$code, $said, $seen, $failed] = $upgrade($server);
check('one whose workers can\'t start', [$code, $seen, $failed, $pid()], [1, ['two'], [], $second]);
check('is told of', str_contains($said, "process {$second} serves on, the upgrade failed: a worker can't start: no database") ?: $said);
$status = $command('status')[1];
check('failures are in the status', str_contains($status, 'failed upgrades: 2, the last: '));
check('and the socket for commands is still that of the old one', str_contains($status, "manager process {$second}"));
$write('three');
[$code, , $seen, $failed] = $upgrade($server);
$third = $pid();
check('an upgrade of an upgrade', [$code, $seen, $failed, $third !== $second], [0, ['two', 'three'], [], true]);
$end($second);
$command('pause');
check('none while it is paused', str_contains($command('upgrade')[1], 'the server is paused: resume it first'));
$command('resume');
check('the new program is told to stop', $command('stop')[0], 0);
$end($third);
clearstatcache();
check('and leaves nothing', [is_file($pidFile), is_file("{$pidFile}.sock"), @stream_socket_client("tcp://127.0.0.1:{$server->port}")], [false, false, false]);

$settings = '{"reuse_port": true}';
$write('one');
$server = Server::start($script, environment: ['SETTINGS' => $settings]);
$write('two');
[$code, , $seen] = $upgrade($server, $settings);
check('a socket for each worker', [$code, $seen], [0, ['one', 'two']]);
$server->waitForEnd(20);
check('serves', $server->get('/')->body, 'two');
$command('stop', settings: $settings);

$notify = socket_create(AF_UNIX, SOCK_DGRAM, 0);
socket_bind($notify, temp_path('notify'));
socket_set_nonblock($notify);
$swoole = fn (string $text, string $mode) => file_put_contents($script, <<<PHP
    <?php
    \$server = new Swoole\Server('127.0.0.1', (int) \$argv[1], {$mode});
    \$server->set(['worker_num' => 2, 'pid_file' => '{$pidFile}', 'open_eof_split' => true, 'package_eof' => "\\n"]);
    \$server->on('start', fn () => cli_set_process_title('a title'));
    \$server->on('receive', fn (\$server, \$fd, \$id, \$data) => \$server->send(\$fd, '{$text}'));
    \$udp = \$server->listen('127.0.0.1', (int) getenv('UDP'), SWOOLE_SOCK_UDP);
    \$udp->on('packet', fn (\$server, \$data, \$from) => \$server->sendto(\$from['address'], \$from['port'], '{$text}'));
    \$unix = \$server->listen(__DIR__ . '/local.sock', 0, SWOOLE_SOCK_UNIX_STREAM);
    \$server->start();
    PHP);
foreach (['SWOOLE_BASE', 'SWOOLE_PROCESS'] as $mode) {
    $udp = HighperTest\free_port();
    $ask = function (string $address) {
        $socket = stream_socket_client($address, $code, $why, 5);
        stream_set_timeout($socket, 5);
        fwrite($socket, "x\n");
        return fread($socket, 100);
    };
    $all = fn (Server $server) => [$ask("tcp://127.0.0.1:{$server->port}"), $ask("udp://127.0.0.1:{$udp}"), $ask('unix://' . temp_path('local.sock'))];
    $swoole('one', $mode);
    $server = Server::start($script, environment: ['UDP' => (string) $udp, 'NOTIFY_SOCKET' => temp_path('notify')]);
    $heard = '';
    $hear = function (string $word) use ($notify, &$heard): bool {
        for (; @socket_recv($notify, $text, 4096, 0); $heard .= $text);
        return str_contains($heard, $word);
    };
    wait_until(fn () => $hear('READY=1'), 'all of its processes', 10);
    check("{$mode}: the first program", $all($server), ['one', 'one', 'one']);
    $swoole('two', $mode);
    $server->signal(52);
    wait_until(fn () => $pid() && $pid() !== $server->pid, 'another process', 20);
    check("{$mode}: it ends", $server->waitForEnd(20), 0);
    check("{$mode}: all sockets are the new one's", $all($server), ['two', 'two', 'two']);
    check("{$mode}: a service manager hears of it", [$hear("MAINPID={$pid()}\n"), $hear('RELOADING=1'), $hear('STOPPING')], [true, true, false]);
    posix_kill($last = $pid(), SIGTERM);
    $end($last);
    wait_until(fn () => $hear('STOPPING=1'), 'the end of the second');
    clearstatcache();
    check("{$mode}: nothing is left", is_file(temp_path('local.sock')), false);
}
--EXPECT--
ok: the first program
ok: another process
ok: no request is lost
ok: one that was under way is answered by the old program
ok: which ends
ok: the new one serves on
ok: the status is that of the new one
ok: a program that does not compile
ok: one whose workers can't start
ok: is told of
ok: failures are in the status
ok: and the socket for commands is still that of the old one
ok: an upgrade of an upgrade
ok: none while it is paused
ok: the new program is told to stop
ok: and leaves nothing
ok: a socket for each worker
ok: serves
ok: SWOOLE_BASE: the first program
ok: SWOOLE_BASE: it ends
ok: SWOOLE_BASE: all sockets are the new one's
ok: SWOOLE_BASE: a service manager hears of it
ok: SWOOLE_BASE: nothing is left
ok: SWOOLE_PROCESS: the first program
ok: SWOOLE_PROCESS: it ends
ok: SWOOLE_PROCESS: all sockets are the new one's
ok: SWOOLE_PROCESS: a service manager hears of it
ok: SWOOLE_PROCESS: nothing is left
