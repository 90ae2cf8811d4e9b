--TEST--
SWOOLE_HOOK_STDIO: reading from standard input lets others run; without it, it blocks
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};

file_put_contents($script = temp_path('reads.php'), <<<'PHP'
    <?php
    Swoole\Runtime::enableCoroutine((int) $argv[1]);
    $ticks = 0;
    Co\run(static function () use (&$ticks) {
        $over = false;
        go(static function () use (&$ticks, &$over) { while (! $over) { Swoole\Coroutine::sleep(0.002); $ticks++; } });
        echo "ready\n";
        $lines = [fgets(STDIN), stream_get_line(STDIN, 100, "\n"), fgets(STDIN)];
        $over = true;
        echo json_encode($lines), $ticks > 1 ? ' others ran' : ' nobody else ran';
    });
    PHP);
$arguments = array_slice(explode("\0", rtrim(file_get_contents('/proc/self/cmdline'), "\0")), 1);
foreach ($arguments as $at => $argument) {
    // Its own script ends PHP's settings.
    if (str_ends_with($argument, '.php')) { $arguments = array_slice($arguments, 0, $at); break; }
}
foreach ([SWOOLE_HOOK_ALL, SWOOLE_HOOK_ALL ^ SWOOLE_HOOK_STDIO] as $flags) {
    $process = proc_open([PHP_BINARY, ...array_filter($arguments, static fn ($argument) => ! in_array($argument, ['-f', '--'], true)), $script, (string) $flags], [['pipe', 'r'], ['pipe', 'w'], STDERR], $pipes);
    fgets($pipes[1]);
    foreach (["one\n", "two\nthr"] as $part) { usleep(50_000); fwrite($pipes[0], $part); }
    usleep(50_000);
    fwrite($pipes[0], 'ee');
    fclose($pipes[0]);
    check($flags === SWOOLE_HOOK_ALL ? 'on' : 'off', stream_get_contents($pipes[1]), '["one\n","two","three"]' . ($flags === SWOOLE_HOOK_ALL ? ' others ran' : ' nobody else ran'));
    proc_close($process);
}
?>
--EXPECT--
ok: on
ok: off
