--TEST--
Forking with live coroutines is refused with Swoole's error, by Process and by Process\Pool
--FILE--
<?php
$script = <<<'PHP'
<?php
use Swoole\Process;
use function Swoole\Coroutine\run;
run(function () {
    go(function () { Swoole\Coroutine::sleep(0.01); });
    if ($GLOBALS['argv'][1] === 'pool') {
        $pool = new Process\Pool(1);
        $pool->on('WorkerStart', function () {});
        $pool->start();
    } else {
        (new Process(function () { echo "never\n"; }))->start();
    }
    echo "not reached\n";
});
PHP;
$file = getenv('TEST_TMP') . '/fork.php';
file_put_contents($file, $script);
foreach (['process', 'pool'] as $what) {
    exec(getenv('TEST_PHP_EXECUTABLE') . ' ' . escapeshellarg($file) . " $what 2>&1", $lines, $code);
    echo preg_match('/Uncaught Swoole\\\\Error: must be forked outside the coroutine/', implode("\n", $lines)) ? 'refused' : implode("\n", $lines), " $code\n";
    $lines = [];
}
?>
--EXPECT--
refused 255
refused 255
