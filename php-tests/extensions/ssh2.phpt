--TEST--
libssh2 in coroutines: commands and files
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
?>
--EXPECT--
ok: commands: each its own answer
ok: commands: at the same time
ok: files: each its own answer
ok: files: at the same time
ok: one session, two coroutines: an error
