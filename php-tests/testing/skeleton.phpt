--TEST--
make new: the application to begin with serves, and its tests pass
--SKIPIF--
<?php
if (trim((string) shell_exec('command -v phpunit')) === '') die('skip phpunit is not installed');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$root = dirname(__DIR__, 2);
$base = sys_get_temp_dir() . '/skeleton-' . getmypid();
exec('make -C ' . escapeshellarg($root) . ' --no-print-directory new DIR=' . escapeshellarg($base) . ' 2>&1', $said, $code);
check('copied', [$code, str_contains(implode("\n", $said), "An application stands in {$base}")], [0, true]);
exec('make -C ' . escapeshellarg($root) . ' --no-print-directory new DIR=' . escapeshellarg($base) . ' 2>&1', $again, $code);
check('not over another one', [$code !== 0, str_contains(implode("\n", $again), 'is there already')], [true, true]);

// What composer install would make.
mkdir("{$base}/vendor");
file_put_contents("{$base}/vendor/autoload.php", <<<PHP
    <?php
    spl_autoload_register(static function (string \$class): void {
        foreach (['Highper\\\\Testing\\\\' => '{$root}/php/src/Testing/', 'App\\\\Tests\\\\' => '{$base}/tests/', 'App\\\\' => '{$base}/src/'] as \$prefix => \$folder) {
            if (str_starts_with(\$class, \$prefix) && is_file(\$file = \$folder . strtr(substr(\$class, strlen(\$prefix)), '\\\\', '/') . '.php')) {
                require \$file;
            }
        }
    });
    PHP);
$php = escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY);
exec("cd {$base} && {$php} " . trim((string) shell_exec('command -v phpunit')) . ' --do-not-cache-result --colors=never 2>&1', $output, $code);
check('its tests', [$code, (bool) preg_match('/^OK \(4 tests/m', implode("\n", $output))], [0, true]);
if ($code !== 0) echo implode("\n", $output), "\n";

$server = Server::start("<?php \$argv = ['server.php', '--workers', '1']; require '{$base}/server.php';");
check('serves', $server->get('/hello/you')->json(), ['message' => 'Hello, you!']);
check('the page', str_contains($server->get('/')->body, 'It works.'));
check('health', $server->get('/health')->status, 200);
$server->stop();
exec('rm -r ' . escapeshellarg($base));
?>
--EXPECT--
ok: copied
ok: not over another one
ok: its tests
ok: serves
ok: the page
ok: health
