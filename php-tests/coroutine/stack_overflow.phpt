--TEST--
Endless nesting through PHP's own functions ends the process with a report, not silently
--EXTENSIONS--
highper
--FILE--
<?php
$child = getenv('TEST_TMP') . '/child.php';
file_put_contents($child, <<<'PHP'
<?php
function nest($x) { return array_map('nest', [$x]); }
Co\run(function () { go(fn () => Co::sleep(1)); Co::sleep(0.001); nest(1); });
PHP);
$process = proc_open([getenv('TEST_PHP_EXECUTABLE'), '-d', 'memory_limit=-1', $child], [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
$text = stream_get_contents($pipes[2]);
do { $status = proc_get_status($process); usleep(1000); } while ($status['running']);
preg_match('/Fatal error: coroutine (\d+) has used up its stack/', $text, $m);
var_dump($m[1] ?? $text, str_contains($text, 'child.php(2): nest()'), str_contains($text, 'array_map()'), $status["termsig"] === 11);
--EXPECT--
string(1) "1"
bool(true)
bool(true)
bool(true)
