--TEST--
Under another SAPI the extension registers nothing
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!is_executable('/usr/bin/phpdbg') && !is_executable('/usr/bin/php-cgi')) die('skip no other SAPI at hand'); ?>
--FILE--
<?php
$binary = is_executable('/usr/bin/php-cgi') ? '/usr/bin/php-cgi -q' : '/usr/bin/phpdbg -qrr';
$so = ini_get('extension_dir') . '/highper.so';
$script = tempnam(sys_get_temp_dir(), 'sapi');
file_put_contents($script, '<?php var_dump(extension_loaded("highper"), extension_loaded("swoole"), defined("Highper\VERSION"), ini_get("highper.swoole"));');
// A clean environment: php-cgi takes the script's name from SCRIPT_FILENAME before it looks at -f.
echo shell_exec("env -i timeout 10 $binary -n -d extension=$so -f $script 2>&1");
unlink($script);
?>
--EXPECT--
bool(true)
bool(false)
bool(false)
bool(false)
