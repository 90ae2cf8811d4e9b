--TEST--
Stubs are written, are PHP, and agree with what is registered
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
$folder = sys_get_temp_dir() . '/highper-stubs-' . getmypid();
$count = Highper\stubs($folder);
$files = new RegexIterator(new RecursiveIteratorIterator(new RecursiveDirectoryIterator($folder)), '/\.php$/');
$seen = 0; $bad = 0; $text = [];
foreach ($files as $file) {
    $seen++;
    $text[substr($file, strlen($folder) + 1)] = file_get_contents($file);
    exec(escapeshellarg(PHP_BINARY) . ' -n -l ' . escapeshellarg($file) . ' 2>&1', $out, $code);
    if ($code) { $bad++; echo implode("\n", $out), "\n"; }
}
var_dump($seen === $count, $bad);
echo $text['Highper/Test/Lazy.php'];
Highper\stubs($folder);
foreach ($text as $name => $before) { if (file_get_contents("$folder/$name") !== $before) { echo "$name differs\n"; } unlink("$folder/$name"); }
try { Highper\stubs('/dev/null/x'); } catch (Exception $e) { echo $e->getMessage(), "\n"; }

--EXPECT--
bool(true)
int(0)
<?php

// Generated from the extension highper. Do not edit.

namespace Highper\Test;

class Lazy
{
    /** An ordinary one. */
    public int $fd = 3;

    /** Made late. */
    public ?array $header;

    /** Made late. */
    public ?string $body = '';

    public function filled(): int {}
}
cannot write stubs to /dev/null/x: Not a directory (os error 20)
