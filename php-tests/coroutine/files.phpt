--TEST--
readFile() and writeFile() wait while others run
--EXTENSIONS--
highper
posix
--FILE--
<?php
use Swoole\Coroutine as Co;
use Swoole\Coroutine\System;
$file = getenv('TEST_TMP') . '/file';
Co\run(function () use ($file) {
    $waited = false;
    $id = go(function () use ($file, &$waited) {
        var_dump(System::writeFile($file, str_repeat('x', 3_000_000)));
        $waited = true;
        var_dump(System::writeFile($file, "end", FILE_APPEND));
        $text = Co::readFile($file);
        var_dump(strlen($text), substr($text, -4), filesize($file));
        var_dump(System::readFile("$file.none"), swoole_last_error(), System::writeFile('/proc/none/x', 'y'));
    });
    var_dump($waited);
    Co::join([$id]);
    for ($i = 0; $i < 200; $i++) { go(function () use ($file, &$sum) { $sum += strlen(Co::readFile($file)); }); }
    while (Co::stats()['coroutine_num'] > 1) { Co::sleep(0.005); }
    var_dump($sum === 200 * 3_000_003);
    try { System::readFile("a\0b"); } catch (ValueError $e) { echo $e->getMessage(), "\n"; }
    // One that is left goes on without whom it was for.
    posix_mkfifo("$file.fifo", 0600);
    $cid = go(function () use ($file) { var_dump(Co::readFile("$file.fifo"), Co::isCanceled()); });
    Co::sleep(0.002);
    Co::cancel($cid);
    fclose(fopen("$file.fifo", 'r+'));
});
--EXPECT--
bool(false)
int(3000000)
int(3)
int(3000003)
string(4) "xend"
int(3000003)
bool(false)
int(2)
bool(false)
bool(true)
Swoole\Coroutine\System::readFile(): Argument #1 ($filename) must not contain any null bytes
bool(false)
bool(true)
