--TEST--
dns_get_record(), checkdnsrr(), getmxrr(), gethostbyaddr(), gethostbynamel() wait for the name server without blocking the others
--EXTENSIONS--
highper
pcntl
posix
--SKIPIF--
<?php
exec('unshare -rmn sh -c "mount --bind /etc/hostname /etc/resolv.conf && ip link set lo up" 2>&1', $said, $code);
if ($code !== 0) { exit('skip a name server of its own needs namespaces (unshare -rmn) and ip: ' . implode(' ', $said)); }
if (! preg_match('~^hosts:.*\bdns\b~m', (string) @file_get_contents('/etc/nsswitch.conf'))) { exit('skip names are not looked up by DNS here'); }
?>
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

if (! isset($argv[1])) {
    // Once more, where the name server is ours.
    $folder = getenv('TEST_TMP');
    file_put_contents("{$folder}/resolv.conf", "nameserver 127.0.0.1\noptions timeout:5 attempts:1\n");
    $again = implode(' ', array_map(escapeshellarg(...), [PHP_BINARY, ...array_slice(explode("\0", rtrim(file_get_contents('/proc/self/cmdline'), "\0")), 1), 'inside']));
    passthru("unshare -rmn sh -c " . escapeshellarg("mount --bind {$folder}/resolv.conf /etc/resolv.conf && ip link set lo up && exec {$again}"));
    exit;
}

use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

/** The answer to a question, as the server gives it. */
function answer(string $question): ?string
{
    $end = strpos($question, "\0", 12) + 1;
    ['type' => $type] = unpack('ntype', $question, $end);
    $asked = substr($question, 12, $end + 4 - 12);
    $name = static fn (string $text) => implode('', array_map(static fn ($label) => chr(strlen($label)) . $label, explode('.', $text))) . "\0";
    $data = match ($type) {
        1 => "\x7f\x09\x08\x07",
        12 => $name('back.test'),
        15 => "\0\x05" . $name('mail.test'),
        16 => "\x05words",
        default => null,
    };
    $missing = str_contains($asked, 'missing');
    $head = substr($question, 0, 2) . pack('n5', $missing ? 0x8183 : 0x8180, 1, $data === null || $missing ? 0 : 1, 0, 0);
    return $head . $asked . ($data === null || $missing ? '' : "\xc0\x0c" . pack('nnNn', $type, 1, 60, strlen($data)) . $data);
}

$server = pcntl_fork();
if ($server === 0) {
    // Each answer takes 0.2 s.
    $socket = stream_socket_server('udp://127.0.0.1:53', $code, $message, STREAM_SERVER_BIND);
    $late = [];
    while (true) {
        $read = [$socket];
        $none = null;
        stream_select($read, $none, $none, 0, 5_000);
        if ($read) {
            $question = stream_socket_recvfrom($socket, 2000, 0, $peer);
            $late[] = [microtime(true) + 0.2, answer($question), $peer];
        }
        while ($late && $late[0][0] <= microtime(true)) {
            [, $bytes, $peer] = array_shift($late);
            stream_socket_sendto($socket, $bytes, 0, $peer);
        }
    }
}
for ($i = 0; $i < 100 && ! @dns_get_record('ready.test.', DNS_TXT); $i++) { usleep(20_000); }

function twenty(string $name, mixed $wanted, callable $body): void
{
    $results = [];
    $ticks = 0;
    $start = microtime(true);
    for ($i = 0; $i < 20; $i++) {
        go(static function () use ($body, &$results, $i) { $results[] = $body($i); });
    }
    while (count($results) < 20 && microtime(true) - $start < 8) { usleep(2_000); $ticks++; }
    $time = microtime(true) - $start;
    check($name, [array_values(array_unique($results, SORT_REGULAR)), $time < 2.5 ?: $time, $ticks > 10 ?: $ticks], [[$wanted], true, true]);
}
run(static function () {
    twenty('dns_get_record()', ['127.9.8.7'], static fn ($i) => array_column(dns_get_record("a{$i}.test.", DNS_A), 'ip'));
    twenty('of a name that is missing', [], static fn ($i) => dns_get_record("missing{$i}.test.", DNS_A));
    twenty('checkdnsrr()', true, static fn ($i) => checkdnsrr("b{$i}.test."));
    twenty('checkdnsrr() of none', false, static fn ($i) => checkdnsrr("missing{$i}.test.", 'A'));
    twenty('getmxrr()', [true, ['mail.test'], [5]], static function ($i) { $is = getmxrr("c{$i}.test.", $hosts, $weights); return [$is, $hosts, $weights]; });
    twenty('gethostbyaddr()', 'back.test', static fn ($i) => gethostbyaddr("10.1.2.{$i}"));
    twenty('gethostbynamel()', ['127.9.8.7'], static fn ($i) => gethostbynamel("d{$i}.test"));
    $id = go(static function () use (&$said) { $said = @dns_get_record('slow.test.', DNS_A); });
    Swoole\Coroutine::cancel($id);
    check('cancelled', $said, false);
});
check('outside', array_column(dns_get_record('e.test.', DNS_MX), 'target'), ['mail.test']);
posix_kill($server, SIGKILL);
pcntl_waitpid($server, $status);
?>
--EXPECT--
ok: dns_get_record()
ok: of a name that is missing
ok: checkdnsrr()
ok: checkdnsrr() of none
ok: getmxrr()
ok: gethostbyaddr()
ok: gethostbynamel()
ok: cancelled
ok: outside
