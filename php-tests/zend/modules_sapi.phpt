--TEST--
Under another SAPI the extension registers nothing
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!is_executable('/usr/bin/php-cgi')) die('skip no php-cgi'); ?>
--FILE--
<?php
// php-cgi runs what SCRIPT_FILENAME names, and run-tests.php sets that to this
// very file: without an empty environment the test would start itself for ever.
if (PHP_SAPI !== 'cli') {
    die("runs itself\n");
}
$script = tempnam(sys_get_temp_dir(), 'sapi');
file_put_contents($script, '<?php var_dump(PHP_SAPI, extension_loaded("highper"), extension_loaded("swoole"), defined("Highper\VERSION"), ini_get("highper.swoole"));');
$so = escapeshellarg(getenv('HIGHPER_EXT') ?: ini_get('extension_dir') . '/highper.so');
echo shell_exec("env -i timeout 10 /usr/bin/php-cgi -q -n -d extension=$so " . escapeshellarg($script) . ' 2>&1 </dev/null');
unlink($script);
?>
--EXPECT--
string(8) "cgi-fcgi"
bool(true)
bool(false)
bool(false)
bool(false)
