--TEST--
Files that are not in memory are fetched while others run; what is read is the same, wherever it begins; fsync waits likewise
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine;
use function HighperTest\{check, temp_path};

$file = temp_path('large');
$content = random_bytes(8 << 20);
file_put_contents($file, $content);
// On these everything is always in memory, or the kernel can't say what is.
$says = !in_array(trim((string) shell_exec('stat -f -c %T ' . escapeshellarg($file))), ['tmpfs', 'ramfs', 'nfs', 'fuseblk'], true);
$forget = function () use ($file): void {
    shell_exec('sync ' . escapeshellarg($file) . '; dd of=' . escapeshellarg($file) . ' oflag=nocache conv=notrunc,fdatasync count=0 2>&1');
};
/** What `$work` gives, and whether another coroutine ran meanwhile. */
$beside = function (callable $work): array {
    $ran = false;
    $result = null;
    $waits = Coroutine::create(function () use ($work, &$result, &$ran) { $result = $work(); });
    if (Coroutine::exists($waits)) {
        $ran = true;
        Coroutine::join([$waits]);
    }
    return [$result, $ran];
};

Co\run(function () use ($file, $content, $forget, $beside, $says) {
    $forget();
    check('the whole', $beside(fn () => file_get_contents($file) === $content), [true, $says]);
    // What was read is in memory, unless the machine is short of it and has dropped it meanwhile: so it is read some times.
    for ($again = 0; $again < 10 && ($got = $beside(fn () => file_get_contents($file) === $content)) === [true, true]; $again++);
    check('at once when it is in memory', $got, [true, false]);
    $forget();
    check('a part', $beside(fn () => file_get_contents($file, false, null, 4_000_001, 300_007) === substr($content, 4_000_001, 300_007)), [true, $says]);
    $forget();
    $handle = fopen($file, 'r');
    fseek($handle, 1_234_567);
    check('in pieces', $beside(function () use ($handle, $content) {
        for ($at = 1_234_567; ($piece = fread($handle, 9_999)) !== ''; $at += strlen($piece)) {
            if ($piece !== substr($content, $at, 9_999)) {
                return "wrong at $at";
            }
        }
        return $at;
    }), [strlen($content), $says]);
    fclose($handle);

    // What the file becomes by another meanwhile is what is read.
    $forget();
    $shorter = $beside(function () use ($file) { $handle = fopen($file, 'r+'); fseek($handle, 8_000_000); ftruncate($handle, 8_100_000); return strlen(stream_get_contents($handle)); });
    check('a file that was made shorter', $shorter[0], 100_000);

    // Cancelled in the middle: nothing of the file is lost for the next one.
    $forget();
    $handle = fopen($file, 'r');
    $reader = go(function () use ($handle) { while (!feof($handle) && !Coroutine::isCanceled()) { @fread($handle, 8192); } });
    Coroutine::cancel($reader);
    rewind($handle);
    check('after a cancel', fread($handle, 100) === substr($content, 0, 100));

    $handle = fopen(temp_path('synced'), 'w');
    fwrite($handle, 'x');
    check('fsync', $beside(fn () => [fsync($handle), fdatasync($handle)]), [[true, true], true]);
    check('a directory', @file_get_contents(dirname($file)), '');
    check('a file of the kernel', str_starts_with(file_get_contents('/proc/self/status'), 'Name:'));
});
--EXPECT--
ok: the whole
ok: at once when it is in memory
ok: a part
ok: in pieces
ok: a file that was made shorter
ok: after a cancel
ok: fsync
ok: a directory
ok: a file of the kernel
