--TEST--
FTP in coroutines: transfers, lists, waits at once, time-outs
--EXTENSIONS--
highper
ftp
--CONFLICTS--
all
--TIMEOUT--
60
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::needsRoot() ?: HighperTest\Daemon::missing('vsftpd', 'python3'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};
use function HighperTest\temp_path;

$daemon = Services::ftp();
$slow = Services::slow($daemon->socket, 0.1);
$connect = static function () use ($slow) {
    $ftp = ftp_connect(...explode(':', $slow->socket));
    ftp_login($ftp, 'anonymous', '') || throw new Exception('no login');
    ftp_pasv($ftp, true);
    return $ftp;
};
Proof::interleaved('files', $connect, static function ($ftp, int $i) use ($slow) {
    $text = str_repeat("{$i} ", 50_000);
    file_put_contents($file = temp_path("up{$i}"), $text);
    ftp_put($ftp, "upload/{$i}", $file, FTP_BINARY);
    if (ftp_size($ftp, "upload/{$i}") !== strlen($text) || ! in_array("upload/{$i}", ftp_nlist($ftp, 'upload'))) { return 'not there'; }
    $stream = fopen('php://memory', 'w+');
    ftp_fget($ftp, $stream, "upload/{$i}", FTP_BINARY);
    rewind($stream);
    return stream_get_contents($stream) === $text ? $i : 'another';
}, 10);
Proof::interleaved('the wrapper', static fn () => null, static fn ($none, int $i) => file_get_contents("ftp://{$slow->socket}/upload/{$i}") === str_repeat("{$i} ", 50_000) ? $i : 'another', 10);
$slow->signal(SIGUSR1);
Proof::interleaved('without waiting', $connect, static function ($ftp, int $i) {
    $stream = fopen('php://memory', 'w+');
    for ($state = ftp_nb_fget($ftp, $stream, "upload/{$i}", FTP_BINARY); $state === FTP_MOREDATA; $state = ftp_nb_continue($ftp)) { usleep(1000); }
    rewind($stream);
    return stream_get_contents($stream) === str_repeat("{$i} ", 50_000) ? $i : $state;
}, 0.5);
$slow = Services::slow($daemon->socket, 0.1);
$connecting = 0;
Proof::atOnce('ftp', static function () use ($connect, &$connecting) {
    // Its queue of those who knock is short.
    while ($connecting >= 10) { usleep(5000); }
    $connecting++;
    try { return $connect(); } finally { $connecting--; }
}, static fn ($ftp) => ftp_raw($ftp, 'NOOP') === ['200 NOOP ok.'] ?: throw new Exception('no answer'), static fn () => $slow->signal(SIGUSR1), getenv('HIGHPER_FIGURES') ? 200 : 40);
Proof::timesOut('its time-out', static fn (string $host, int $port) => @ftp_connect($host, $port, 1) === false);
?>
--EXPECT--
ok: files: each its own answer
ok: files: at the same time
ok: the wrapper: each its own answer
ok: the wrapper: at the same time
ok: without waiting: each its own answer
ok: without waiting: at the same time
ok: ftp: 40 without a mistake
ok: ftp: 40 × 0.1 s at once
ok: its time-out: gives up
ok: its time-out: in time
ok: its time-out: others run meanwhile
