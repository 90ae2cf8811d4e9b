--TEST--
libssh2 in coroutines: commands and files, time-outs, a server that never answers
--EXTENSIONS--
highper
posix
--CONFLICTS--
all
--TIMEOUT--
60
--INI--
extension=ssh2
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('ssh2') ?: HighperTest\Daemon::missing('sshd', 'ssh-keygen'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};
use function HighperTest\temp_path;

$daemon = Services::ssh();
$user = posix_getpwuid(posix_geteuid())['name'];
$connect = static function () use ($daemon, $user) {
    $ssh = ssh2_connect(...explode(':', $daemon->socket));
    ssh2_auth_pubkey_file($ssh, $user, temp_path('ssh/key.pub'), temp_path('ssh/key')) || throw new Exception('no login');
    return $ssh;
};
$run = static function ($ssh, string $command): string {
    $stream = ssh2_exec($ssh, $command);
    stream_set_blocking($stream, true);
    return trim(stream_get_contents($stream));
};
Proof::interleaved('commands', $connect, static fn ($ssh, int $i) => (int) $run($ssh, "sleep 1; echo {$i}"), 1, 10);
Proof::interleaved('files', $connect, static function ($ssh, int $i) use ($run) {
    $sftp = ssh2_sftp($ssh);
    $path = temp_path("file{$i}");
    file_put_contents('ssh2.sftp://' . intval($sftp) . $path, $text = str_repeat("{$i} ", 20_000));
    $run($ssh, 'sleep 0.2');
    return file_get_contents('ssh2.sftp://' . intval($sftp) . $path) === $text && file_get_contents($path) === $text ? $i : 'another';
}, 1, 10);
Co\run(static function () use ($connect, $run) {
    $ssh = $connect();
    $wrong = [];
    Proof::each(2, static fn () => $run($ssh, 'sleep 0.2'), $wrong);
    HighperTest\check('one session, two coroutines: an error', count($wrong) === 1 && str_contains($wrong[0], 'ssh2_exec() in coroutine') ?: $wrong);
});
Proof::timesOut('stream_set_timeout()', static function () use ($connect) {
    $ssh = $connect();
    $stream = ssh2_exec($ssh, 'sleep 2; echo late');
    stream_set_blocking($stream, true);
    stream_set_timeout($stream, 1);
    $start = microtime(true);
    $got = @fread($stream, 10);
    $took = microtime(true) - $start;
    return [$got, $took >= 0.9 && $took < 1.9 ?: $took] === ['', true]; // closing it waits for the command
});
// The extension has no time-out for the handshake: the coroutine that waits is cancelled.
Proof::timesOut('a server that never answers, and cancel()', static function (string $host, int $port) {
    $got = 'nothing';
    $id = go(static function () use ($host, $port, &$got) { $got = @ssh2_connect($host, $port); });
    Co::sleep(1);
    return $got === 'nothing' && Co::cancel($id) && $got === false;
});
?>
--EXPECT--
ok: commands: each its own answer
ok: commands: at the same time
ok: files: each its own answer
ok: files: at the same time
ok: one session, two coroutines: an error
ok: stream_set_timeout(): gives up
ok: stream_set_timeout(): in time
ok: stream_set_timeout(): others run meanwhile
ok: a server that never answers, and cancel(): gives up
ok: a server that never answers, and cancel(): in time
ok: a server that never answers, and cancel(): others run meanwhile
