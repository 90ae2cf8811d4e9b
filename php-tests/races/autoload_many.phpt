--TEST--
Hundreds of coroutines need chains of classes at the same moment, each of which a waiting loader brings once
--EXTENSIONS--
highper
--CONFLICTS--
all
--TIMEOUT--
60
--FILE--
<?php
use Swoole\Coroutine as Co;
$loads = [];
// C<i> extends C<i/2> and implements I<i % 7>; files, so that OPcache has its part in it.
$folder = getenv('TEST_TMP') ?: sys_get_temp_dir() . '/autoload-many';
@mkdir($folder);
for ($i = 1; $i <= 300; $i++) {
    $parent = $i > 1 ? ' extends C' . intdiv($i, 2) : '';
    file_put_contents("$folder/C$i.php", "<?php class C$i$parent implements I" . $i % 7 . " {
        const N = $i; static function make(): static { return new static; } function n(): int { return self::N; } }");
}
for ($i = 0; $i < 7; $i++) {
    file_put_contents("$folder/I$i.php", "<?php interface I$i { static function make(): static; }");
}
spl_autoload_register(function ($class) use (&$loads, $folder) {
    $loads[$class] = ($loads[$class] ?? 0) + 1;
    Co::sleep(0.001 * (1 + crc32($class) % 3));
    include "$folder/$class.php";
    if (crc32($class) % 2) {
        Co::sleep(0.001);
    }
});
$wrong = [];
Co\run(function () use (&$wrong) {
    mt_srand(7);
    for ($c = 0; $c < 500; $c++) {
        go(function () use (&$wrong) {
            for ($k = 0; $k < 10; $k++) {
                $n = mt_rand(1, 300);
                $class = "C$n";
                try {
                    $object = $class::make();
                    if ($object->n() !== $n || !$object instanceof C1 || !is_subclass_of($object, 'I' . $n % 7)) {
                        $wrong[] = $class;
                    }
                } catch (Throwable $e) {
                    $wrong[] = $e->getMessage();
                }
                Co::sleep(0.001);
            }
        });
    }
});
echo count($wrong), ' wrong ', implode(', ', array_slice($wrong, 0, 3)), "\n", max($loads), " load of each\n", count($loads) > 280 ? "all\n" : count($loads);
--EXPECT--
0 wrong 
1 load of each
all
