--TEST--
Aspects: classes from OPcache's file cache, and preloaded ones, have them; what PHP compiled without the extension is not taken
--EXTENSIONS--
highper
Zend OPcache
--FILE--
<?php
$tmp = getenv('TEST_TMP');
mkdir("{$tmp}/cache");
file_put_contents("{$tmp}/classes.php", <<<'PHP'
    <?php
    namespace Shop;
    use Highper\Attribute\Around;
    if (interface_exists(\Highper\Aspect::class)) {
        final class Loud implements \Highper\Aspect { public function around(\Highper\Invocation $call): mixed { return strtoupper($call->proceed()); } }
    }
    trait Says { #[Around(Loud::class)] private function say(string $what = 'quiet'): string { return $what . ' ' . __FUNCTION__; } }
    class Parents { #[Around(Loud::class)] public static function at(): string { return static::class; } }
    class Shop extends Parents { use Says; public function run(): string { return $this->say() . ' ' . self::at(); } }
    PHP);
file_put_contents("{$tmp}/main.php", '<?php class_exists("Shop\Shop", false) || require __DIR__ . "/classes.php"; echo (new Shop\Shop)->run(), "\n";');
$folder = "{$tmp}/ini";
mkdir($folder);
foreach (glob(getenv('PHP_INI_SCAN_DIR') . '/*.ini') as $file) {
    file_put_contents($folder . '/' . basename($file), preg_replace('/^extension=.*highper.*$/m', '', file_get_contents($file)));
}
$php = escapeshellarg(getenv('TEST_PHP_EXECUTABLE'));
$ini = "-d opcache.enable_cli=1 -d opcache.jit=off -d opcache.file_update_protection=0";
$cached = "-d opcache.file_cache_only=1 -d opcache.file_cache=" . escapeshellarg("{$tmp}/cache");
$main = escapeshellarg("{$tmp}/main.php");
foreach (['without the extension' => 'PHP_INI_SCAN_DIR=' . escapeshellarg($folder) . " $php $ini $cached", 'compiled' => "$php $ini $cached", 'from the cache' => "$php $ini $cached",
    'from memory' => "$php $ini", 'preloaded' => "$php $ini -d opcache.preload=" . escapeshellarg("{$tmp}/classes.php") . ' -d opcache.preload_user=' . posix_getpwuid(posix_geteuid())['name']] as $how => $run) {
    echo "{$how}: ", shell_exec("$run $main 2>&1");
}
?>
--EXPECT--
without the extension: quiet say Shop\Shop
compiled: QUIET SAY SHOP\SHOP
from the cache: QUIET SAY SHOP\SHOP
from memory: QUIET SAY SHOP\SHOP
preloaded: QUIET SAY SHOP\SHOP
