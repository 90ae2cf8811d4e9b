--TEST--
Classes that extend those of the library, with OPcache; while it preloads they are not to be had
--EXTENSIONS--
highper
Zend OPcache
--INI--
opcache.enable_cli=1
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/extends.inc';
echo Library\Words::of('a b')->split(' ')->join('-'), "\n";
echo (new Library\Pooled(fn () => new stdClass()))::class, "\n";
$preload = HighperTest\temp_path('preload.php');
file_put_contents($preload, '<?php var_dump(class_exists("Swoole\\\\StringObject")); class Other extends Swoole\StringObject {} class Third {}');
$php = escapeshellarg(PHP_BINARY) . ' -d display_errors=1 -d log_errors=0 -d opcache.enable_cli=1 -d opcache.preload_user=root -d opcache.preload=' . escapeshellarg($preload);
passthru("{$php} -r 'var_dump(class_exists(\"Third\"), class_exists(\"Swoole\\\\StringObject\"));' 2>&1");
?>
--EXPECTF--
a-b
Library\Pooled
%Abool(false)
%AFatal error: Uncaught Error: Class "Swoole\StringObject" not found in %spreload.php:1
%A
