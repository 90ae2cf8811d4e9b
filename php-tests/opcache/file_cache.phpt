--TEST--
Scripts from OPcache's file cache alone are those that were compiled with the extension
--EXTENSIONS--
highper
Zend OPcache
--FILE--
<?php
$cache = getenv('TEST_TMP') . '/cache';
mkdir($cache);
$script = getenv('TEST_TMP') . '/main.php';
copy(__DIR__ . '/classes.inc', getenv('TEST_TMP') . '/classes.inc');
copy(__DIR__ . '/uses.inc', getenv('TEST_TMP') . '/uses.inc');
file_put_contents($script, <<<'PHP'
    <?php
    if (!extension_loaded('highper')) {
        // What PHP compiles without the extension is not taken by PHP with it: there exit() is another call.
        opcache_compile_file(__DIR__ . '/classes.inc');
        exit("compiled without\n");
    }
    require __DIR__ . '/classes.inc';
    require __DIR__ . '/uses.inc';
    PHP);
$ini = "-d opcache.enable_cli=1 -d opcache.jit=off -d opcache.file_cache_only=1 -d opcache.file_update_protection=0 -d opcache.file_cache=" . escapeshellarg($cache);
$folder = getenv('TEST_TMP') . '/ini';
mkdir($folder);
foreach (glob(getenv('PHP_INI_SCAN_DIR') . '/*.ini') as $file) {
    file_put_contents($folder . '/' . basename($file), preg_replace('/^extension=.*highper.*$/m', '', file_get_contents($file)));
}
$php = escapeshellarg(getenv('TEST_PHP_EXECUTABLE'));
passthru("PHP_INI_SCAN_DIR=" . escapeshellarg($folder) . " $php $ini " . escapeshellarg($script) . ' 2>&1');
foreach (['compiled', 'from the cache'] as $how) {
    echo "-- $how\n";
    passthru("$php $ini " . escapeshellarg($script) . ' 2>&1');
}
$files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator($cache, FilesystemIterator::SKIP_DOTS));
$names = array_map(fn ($file) => $file->getFilename(), iterator_to_array($files, false));
echo '-- ', count(array_keys($names, 'classes.inc.bin')), ' copies of classes.inc, ', count(array_keys($names, 'uses.inc.bin')), " of uses.inc\n";
?>
--EXPECT--
compiled without
-- compiled
113
Preloaded\Nappera Preloaded\Napperb Preloaded\Napperc 1
exit 3
Highper\Http\NotFound: note 8
Highper\Attribute\Get yes
-- from the cache
113
Preloaded\Nappera Preloaded\Napperb Preloaded\Napperc 1
exit 3
Highper\Http\NotFound: note 8
Highper\Attribute\Get yes
-- 2 copies of classes.inc, 1 of uses.inc
