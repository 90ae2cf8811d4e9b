--TEST--
Db: a machine without SQLite loads the extension, serves what needs none, and is told what to install
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};

preg_match('/^\S+ .* (\S*highper\S*\.so)$/m', file_get_contents('/proc/self/maps'), $found);
$so = $found[1];
// A file of that name which is no library, where the loader looks first.
mkdir($folder = temp_path('libraries'));
file_put_contents("{$folder}/libsqlite3.so.0", "no library\n");
file_put_contents($script = temp_path('script.php'), <<<'PHP'
<?php
Swoole\Coroutine\run(function () {
    echo extension_loaded('highper') ? 'loaded' : 'not loaded', ', ', extension_loaded('pdo_sqlite') ? 'SQLite' : 'no SQLite', "\n";
    for ($i = 0; $i < 2; $i++) {
        try {
            echo (new Highper\Db('sqlite::memory:'))->fetchValue('SELECT 40 + 2'), "\n";
        } catch (Throwable $e) {
            echo $e::class, ': ', $e->getMessage(), "\n";
        }
    }
});
PHP);
// -n: without PHP's own extensions, of which one would bring the library along.
$run = function (string $environment) use ($so, $script): array {
    exec("env {$environment} " . PHP_BINARY . ' -n -d extension=' . escapeshellarg($so) . ' ' . escapeshellarg($script) . ' 2>&1', $lines, $code);

    return [$code, $lines];
};
[$code, $lines] = $run('LD_LIBRARY_PATH=' . escapeshellarg($folder));
check('it goes on', [$code, $lines[0]], [0, 'loaded, no SQLite']);
check('what is missing, and what to do, each time', [preg_match('~^Highper\\\\Db\\\\ConnectionException: .*cannot open :memory:: there is no SQLite \(.*libsqlite3\.so\.0.*\); install it \(Debian, Ubuntu: libsqlite3-0, Alpine: sqlite-libs\)~', $lines[1]), $lines[1] === $lines[2]], [1, true]);
[$code, $lines] = $run('LD_LIBRARY_PATH=');
check('found when it is there', [$code, $lines], [0, ['loaded, no SQLite', '42', '42']]);
?>
--EXPECT--
ok: it goes on
ok: what is missing, and what to do, each time
ok: found when it is there
