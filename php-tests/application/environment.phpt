--TEST--
Application: the environment and the arguments are those that PHP sees, however it was linked
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};

file_put_contents(temp_path('app.php'), <<<'PHP'
    <?php
    putenv('SET_BY_SCRIPT=later');
    $app = Highper\Application::create(__DIR__);
    echo json_encode([$app->env('GIVEN'), $app->env('SET_BY_SCRIPT'), $app->env('ODD'), $app->env('APP_ENV')]);
    PHP);
function says(array $options, array $arguments, array $environment): string {
    $process = proc_open([PHP_BINARY, ...$options, temp_path('app.php'), ...$arguments], [1 => ['pipe', 'w']], $pipes, null, $environment + getenv());
    $said = stream_get_contents($pipes[1]);
    return proc_close($process) . " {$said}";
}
$given = ['GIVEN' => "a=b\nc", 'ODD' => "\xff", 'APP_ENV' => 'dev'];
check('given', says([], [], $given), '0 ["a=b\nc","later",null,"dev"]');
check('--env', says([], ['start', '--env', 'staging'], $given), '0 ["a=b\nc","later",null,"staging"]');
check('--env=', says([], ['--env=staging'], $given), '0 ["a=b\nc","later",null,"staging"]');
check("PHP's own options are not the script's", says(['-d', 'user_agent=--env=staging'], [], $given), '0 ["a=b\nc","later",null,"dev"]');
?>
--EXPECT--
ok: given
ok: --env
ok: --env=
ok: PHP's own options are not the script's
