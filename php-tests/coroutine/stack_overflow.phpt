--TEST--
A coroutine that overflows its C stack names itself, its file and its line before the process ends
--EXTENSIONS--
highper
--FILE--
<?php
$script = __DIR__ . '/stack_overflow.inc.php';
file_put_contents($script, <<<'PHP'
<?php
Co\run(function () {
    $f = function ($d) use (&$f) {
        return $d == 0 ? 1 : array_map(fn ($x) => $f($d - 1), [1])[0];
    };
    $f(100000);
});
PHP);
$so = getenv('HIGHPER_EXT') ?: ini_get('extension_dir') . '/highper.so';
foreach (preg_split('/\R/', (string) file_get_contents('/proc/self/maps')) as $line) {
    if (preg_match('~(/\S*highper\S*\.so)$~', $line, $m)) {
        $so = $m[1];
    }
}
exec(PHP_BINARY . ' -n -d extension=' . escapeshellarg($so) . ' ' . escapeshellarg($script) . ' 2>&1', $out, $code);
unlink($script);
echo $out[0], "\n", preg_match('~stack_overflow\.inc\.php\(4\)~', implode("\n", $out)), "\n";
var_dump($code === 139 || $code === 11);
?>
--EXPECTF--
highper: stack overflow in coroutine %d: raise c_stack_size, or nest fewer calls of internal functions and smaller structures
1
bool(true)
