--TEST--
A coroutine that overflows its C stack names itself, its file and its line
--EXTENSIONS--
highper
--FILE--
<?php
$so = ini_get('extension_dir') . '/highper.so';
foreach (preg_split('/\R/', (string) file_get_contents('/proc/self/maps')) as $line) {
    if (preg_match('~(/\S*highper\S*\.so)$~', $line, $m)) {
        $so = $m[1];
    }
}
function ends(string $title, string $body, string $ini = ''): void {
    $script = getenv('TEST_TMP') . '/overflow.php';
    file_put_contents($script, "<?php\nCo\\run(function () {\n    go(function () { Co::sleep(0.05); echo 'the others go on'; });\n$body});\n");
    exec(PHP_BINARY . ' -n -d memory_limit=1G -d extension=' . escapeshellarg($GLOBALS['so']) . " $ini " . escapeshellarg($script) . ' 2>&1', $out, $code);
    $text = implode("\n", $out);
    echo "$title\n", match (true) {
        preg_match('~^highper: stack overflow in coroutine \d+: raise c_stack_size, or nest fewer calls~m', $text) === 1 => 'the guard page: ',
        preg_match('~Uncaught Error: Maximum call stack size of \d{6,} bytes (\(.*\) )?reached~', $text) === 1 => 'an Error: ',
        default => "$text\n",
    };
    echo preg_match('~overflow\.php[:(]5~', $text) ? 'line 5' : $text, ', ',
        $code === 139 || $code === 11 ? 'the process ends' : "code $code", str_contains($text, 'the others go on') ? ', the others go on' : '', "\n";
}
$callbacks = '    $f = function ($d) use (&$f) {
        return $d == 0 ? 1 : array_map(fn ($x) => $f($d - 1), [1])[0]; };
    $f(100000);
';
$list = '    for ($list = null, $i = 0; $i < 200000; $i++) { $list = [$list]; $list = (object) ["next" => $list]; }
    $list = null;
';
// From 8.3 on PHP looks how much of the stack is left whenever C calls PHP.
ends('callbacks', $callbacks);
ends('callbacks, unchecked', $callbacks, '-d zend.max_allowed_stack_size=-1');
ends('a long list', str_replace("\n    \$list = null", ' $list = null', "\n" . $list));
?>
--EXPECTREGEX--
callbacks
(?:the guard page: line 5, the process ends|an Error: line 5, code 255)
callbacks, unchecked
the guard page: line 5, the process ends
a long list
the guard page: line 5, the process ends
