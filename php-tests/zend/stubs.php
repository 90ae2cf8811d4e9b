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

