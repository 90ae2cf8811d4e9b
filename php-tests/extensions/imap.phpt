--TEST--
The IMAP library in coroutines: each its own mailbox, waits at once, time-outs
--EXTENSIONS--
highper
--CONFLICTS--
all
--TIMEOUT--
60
--INI--
extension=imap
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Services::lacks('imap') ?: HighperTest\Services::needsRoot() ?: HighperTest\Daemon::missing('dovecot', 'python3'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use HighperTest\{Proof, Services};

$mail = [];
for ($i = 0; $i < 20; $i++) { $mail["user{$i}"] = ["first of {$i}", "second of {$i}"]; }
$daemon = Services::imap($mail);
$slow = Services::slow($daemon->socket, 0.1);
$open = static fn (string $user) => imap_open("{{$slow->socket}/imap/notls}INBOX", $user, 'secret', 0, 1) ?: throw new Exception((string) imap_last_error());
$number = 0;
// Many log in at the same time: nobody gets another's mailbox.
Proof::interleaved('mailboxes', static function () use ($open, &$number) { $i = $number++; return [$i, $open("user{$i}")]; }, static function (array $one, int $i) {
    [$i2, $imap] = $one;
    $subject = imap_headerinfo($imap, 2)->subject;
    return $subject === "second of {$i2}" && trim(imap_body($imap, 1)) === "body of user{$i2}" ? $i : $subject;
}, 10);
$slow->signal(SIGUSR1);
Proof::interleaved('search, flags, errors', static fn () => $open('user7'), static function ($imap, int $i) {
    imap_setflag_full($imap, '1', '\\Seen');
    $found = imap_search($imap, 'SUBJECT "second"');
    return $found === [2] && @imap_reopen($imap, '{127.0.0.1:1/imap/notls}none', OP_HALFOPEN, 0) === false ? $i : $found;
}, 0.3);
$slow = Services::slow($daemon->socket, 0.1);
Proof::atOnce('imap', static fn () => $open('user1'), static fn ($imap) => imap_ping($imap) ?: throw new Exception('no answer'), static fn () => $slow->signal(SIGUSR1));
imap_timeout(IMAP_OPENTIMEOUT, 1);
imap_timeout(IMAP_READTIMEOUT, 1);
Proof::timesOut('imap_timeout()', static fn (string $host, int $port) => @imap_open("{{$host}:{$port}/imap/notls}INBOX", 'x', 'x', 0, 1) === false);
imap_errors();
imap_alerts();
?>
--EXPECT--
ok: mailboxes: each its own answer
ok: mailboxes: at the same time
ok: search, flags, errors: each its own answer
ok: search, flags, errors: at the same time
ok: imap: 200 without a mistake
ok: imap: 200 × 0.1 s at once
ok: imap_timeout(): gives up
ok: imap_timeout(): in time
ok: imap_timeout(): others run meanwhile
