--TEST--
The notes example's own tests pass with PHPUnit
--SKIPIF--
<?php
if (trim((string) shell_exec('command -v phpunit')) === '') die('skip phpunit is not installed');
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};

$root = dirname(__DIR__, 2);
// What composer install would make.
file_put_contents(temp_path('autoload.php'), <<<PHP
    <?php
    spl_autoload_register(static function (string \$class): void {
        if (str_starts_with(\$class, 'Highper\\\\Testing\\\\')) {
            require '{$root}/php/src/Testing/' . substr(\$class, 16) . '.php';
        }
    });
    PHP);
$php = escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY);
$phpunit = trim((string) shell_exec('command -v phpunit'));
exec("cd {$root}/examples/notes && {$php} {$phpunit} --no-configuration --do-not-cache-result --colors=never --bootstrap " . escapeshellarg(temp_path('autoload.php')) . ' tests 2>&1', $output, $code);
check('its tests', [$code, (bool) preg_match('/^OK \(6 tests/m', implode("\n", $output))], [0, true]);
if ($code !== 0) echo implode("\n", $output), "\n";
?>
--EXPECT--
ok: its tests
