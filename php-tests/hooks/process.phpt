--TEST--
Processes and their pipes
--EXTENSIONS--
highper
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use function Swoole\Coroutine\{go, run};

$start = microtime(true);
run(static function () {
    for ($i = 0; $i < 5; $i++) {
        go(static fn () => check('shell_exec', shell_exec('sleep 0.3; echo done'), "done\n"));
        go(static function () {
            exec('sleep 0.3; echo one; echo two; exit 3', $lines, $code);
            check('exec', [$lines, $code], [['one', 'two'], 3]);
        });
        go(static function () {
            $process = proc_open(['sh', '-c', 'sleep 0.3; cat; echo err >&2; exit 4'], [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
            $big = str_repeat('0123456789', 50_000);
            go(static function () use ($pipes, $big) {
                check('proc_open takes', fwrite($pipes[0], $big), strlen($big));
                fclose($pipes[0]);
            });
            check('proc_open gives', stream_get_contents($pipes[1]) === $big);
            check('proc_open errors', stream_get_contents($pipes[2]), "err\n");
            check('proc_close', proc_close($process), 4);
        });
    }
});
$time = microtime(true) - $start;
check('at the same time', $time >= 0.3 && $time < 1.4 ?: $time);
?>
--EXPECTREGEX--
(ok: (shell_exec|exec|proc_open takes|proc_open gives|proc_open errors|proc_close)\n){30}ok: at the same time
