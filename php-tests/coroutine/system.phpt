--TEST--
Coroutine\System: commands, children, signals, descriptors, names and files as waits
--EXTENSIONS--
highper
posix
--FILE--
<?php
use Swoole\Coroutine as Co;
use Swoole\Coroutine\System;
use Swoole\Process;
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, patience, temp_path};

$children = [];
foreach ([3, 0] as $code) {
    $child = new Process(static function (Process $p) use ($code) { usleep(20_000); $p->exit($code); }, false, 0);
    $children[$code] = $child->start();
}
Co\run(function () use ($children) {
    $ticks = 0;
    $ticker = go(static function () use (&$ticks) { while (Co::sleep(0.001)) { $ticks++; } });

    check('exec()', System::exec('echo out; echo err >&2; exit 4', true), ['code' => 4, 'signal' => 0, 'output' => "out\nerr\n"]);
    check('a signal', System::exec('kill -9 $$'), ['code' => 0, 'signal' => 9, 'output' => '']);
    check('much output', strlen(System::exec('head -c 3000000 /dev/zero')['output']), 3_000_000);
    check('no such command', System::exec('exec /does/not/exist 2>/dev/null')['code'], 127);
    $before = $ticks;
    System::exec('sleep 0.05');
    check('others run meanwhile', $ticks > $before + 5);

    check('waitPid()', System::waitPid($children[3], patience(5)), ['pid' => $children[3], 'code' => 3, 'signal' => 0]);
    check('wait()', System::wait(patience(5)), ['pid' => $children[0], 'code' => 0, 'signal' => 0]);
    check('no child left', System::wait(0.01), false);
    check('that says so', swoole_last_error(), 10);

    // Who waits for one by its number gets it, whoever waits for any.
    $any = false;
    $slow = null;
    go(static function () use (&$slow) { $slow = System::exec('sleep 0.02; exit 7'); });
    go(static function () use (&$any) { $any = System::wait(0.2); });
    Co::sleep(0.1);
    check('the command has its own end', [$slow['code'] ?? null, $any], [7, false]);
    Co::sleep(0.15);

    go(static function () { Co::sleep(0.005); posix_kill(getmypid(), SIGUSR1); });
    check('waitSignal()', System::waitSignal([SIGUSR2, SIGUSR1], patience(5)), SIGUSR1);
    check('none comes', [System::waitSignal(SIGUSR2, 0.005), swoole_last_error()], [false, SWOOLE_ERROR_CO_TIMEDOUT]);
    check('not these', [@System::waitSignal(SIGCHLD), swoole_last_error(), @System::waitSignal([]), @System::waitSignal(4096)], [false, 22, false, false]);
    $waits = go(static function () { check('cancelled', [System::waitSignal(SIGUSR1), swoole_last_error()], [false, SWOOLE_ERROR_CO_CANCELED]); });
    Co::cancel($waits);

    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    check('waitEvent(): room', System::waitEvent($a, SWOOLE_EVENT_READ | SWOOLE_EVENT_WRITE), SWOOLE_EVENT_WRITE);
    check('nothing to read', [System::waitEvent($a, SWOOLE_EVENT_READ, 0.005), System::waitEvent($a, SWOOLE_EVENT_READ, 0)], [false, false]);
    go(static function () use ($b) { Co::sleep(0.005); fwrite($b, 'x'); });
    check('something', System::waitEvent($a, SWOOLE_EVENT_READ, patience(5)), SWOOLE_EVENT_READ);
    fclose($b);
    fread($a, 10);
    check('the end', System::waitEvent($a, SWOOLE_EVENT_READ, patience(5)), SWOOLE_EVENT_READ);
    check('no descriptor', [@System::waitEvent(12345), @System::waitEvent('x'), System::waitEvent($a, 0)], [false, false, false]);

    check('gethostbyname()', System::gethostbyname('127.0.0.1'), '127.0.0.1');
    check('getaddrinfo()', System::getaddrinfo('127.0.0.1'), ['127.0.0.1']);
    check('dnsLookup() of the hosts file', System::dnsLookup('localhost'), '127.0.0.1');
    check('of a number', System::dnsLookup('192.0.2.1'), '192.0.2.1');
    check('bad families', [@System::gethostbyname('x', 7), @System::getaddrinfo('x', 7), @System::dnsLookup('')], [false, false, false]);
    $server = stream_socket_server('udp://127.0.0.1:0', $code, $message, STREAM_SERVER_BIND);
    Co::set(['dns_server' => stream_socket_get_name($server, false)]);
    go(static function () use ($server) {
        $question = stream_socket_recvfrom($server, 512, 0, $peer);
        $answer = substr($question, 0, 2) . "\x81\x80\0\x01\0\x01\0\0\0\0" . substr($question, 12) . "\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x07";
        stream_socket_sendto($server, $answer, 0, $peer);
    });
    check('of a name server', System::dnsLookup('name.test', patience(5)), '192.0.2.7');
    check('once asked, it is known', System::dnsLookup('name.test', 0.01), '192.0.2.7');
    swoole_clear_dns_cache();
    check('forgotten, it is not', [System::dnsLookup('name.test', 0.01), swoole_last_error()], [false, SWOOLE_ERROR_DNSLOOKUP_RESOLVE_FAILED]);

    $file = temp_path('file');
    check('writeFile()', [System::writeFile($file, 'one'), System::writeFile($file, 'two', FILE_APPEND | LOCK_EX)], [3, 3]);
    check('readFile()', [System::readFile($file, LOCK_EX), System::readFile($file . '.none'), swoole_last_error()], ['onetwo', false, 2]);
    $stat = System::statvfs('/');
    check('statvfs()', [array_keys($stat), $stat['bsize'] > 0, System::statvfs('/does/not/exist')['bsize']],
        [['bsize', 'frsize', 'blocks', 'bfree', 'bavail', 'files', 'ffree', 'favail', 'fsid', 'flag', 'namemax'], true, 0]);
    foreach (['readFile', 'statvfs'] as $method) { try { System::$method(''); } catch (ValueError $e) { echo $e->getMessage(), "\n"; } }
    Co::cancel($ticker);
});
?>
--EXPECT--
ok: exec()
ok: a signal
ok: much output
ok: no such command
ok: others run meanwhile
ok: waitPid()
ok: wait()
ok: no child left
ok: that says so
ok: the command has its own end
ok: waitSignal()
ok: none comes
ok: not these
ok: cancelled
ok: waitEvent(): room
ok: nothing to read
ok: something
ok: the end
ok: no descriptor
ok: gethostbyname()
ok: getaddrinfo()
ok: dnsLookup() of the hosts file
ok: of a number
ok: bad families
ok: of a name server
ok: once asked, it is known
ok: forgotten, it is not
ok: writeFile()
ok: readFile()
ok: statvfs()
Filename cannot be empty
Path cannot be empty
