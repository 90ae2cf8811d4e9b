--TEST--
Errors that many coroutines display and log at once, each hooked call a switch: every line whole, once, and its own
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};

file_put_contents($script = temp_path('errors.php'), <<<'PHP'
    <?php
    use Swoole\Coroutine;
    final class Loud { public function __construct(private int $n) {} public function __destruct() { usleep(10); trigger_error("destructor of {$this->n}."); } }
    Coroutine\run(static function () {
        for ($n = 100; $n < 150; $n++) {
            Coroutine::create(static function () use ($n) {
                for ($i = 0; $i < 3; $i++) {
                    trigger_error("notice {$i} of {$n}.");
                    usleep(random_int(0, 200));
                    echo [][$n];
                    @trigger_error("silent {$n}.");
                }
                ob_start(static function (string $text) { usleep(50); return $text; });
                trigger_error("buffered of {$n}.", E_USER_WARNING);
                usleep(20);
                ob_end_flush();
                new Loud($n);
            });
        }
    });
    PHP);
$log = temp_path('errors.log');
$command = [getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY];
foreach (['display_errors' => 1, 'log_errors' => 1, 'html_errors' => 0, 'error_log' => $log, 'error_reporting' => E_ALL] as $name => $value) {
    array_push($command, '-d', "{$name}={$value}");
}
$process = proc_open([...$command, $script], [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes, null, ['HIGHPER_YIELD' => '1'] + getenv());
$shown = stream_get_contents($pipes[1]);
check('no signal ended it', proc_get_status($process)['signaled'] || proc_close($process) > 255, false);
foreach (['shown' => $shown, 'logged' => (string) file_get_contents($log)] as $where => $text) {
    $missing = [];
    for ($n = 100; $n < 150; $n++) {
        $wanted = ["Warning:  buffered of {$n}.", "Notice:  destructor of {$n}."];
        for ($i = 0; $i < 3; $i++) {
            $wanted[] = "Notice:  notice {$i} of {$n}.";
        }
        foreach ($wanted as $line) {
            $line = $where === 'shown' ? str_replace(':  ', ': ', $line) : $line;
            substr_count($text, $line) === 1 || $missing[] = [$line, substr_count($text, $line)];
        }
        $line = $where === 'shown' ? "Warning: Undefined array key {$n} in " : "Warning:  Undefined array key {$n} in ";
        substr_count($text, $line) === 3 || $missing[] = [$line, substr_count($text, $line)];
    }
    check("{$where}: each line whole, as often as it happened", array_slice($missing, 0, 3), []);
    check("{$where}: what is silenced is silent", substr_count($text, 'silent'), 0);
}
?>
--EXPECT--
ok: no signal ended it
ok: shown: each line whole, as often as it happened
ok: shown: what is silenced is silent
ok: logged: each line whole, as often as it happened
ok: logged: what is silenced is silent
