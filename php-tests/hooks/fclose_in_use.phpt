--TEST--
fclose() waits for those who are inside a function with the same stream; they get what a closed stream gives
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use Swoole\Coroutine as Co;
use function Swoole\Coroutine\{go, run};

run(static function () {
    $results = [];
    for ($i = 0; $i < 50; $i++) {
        [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        // A reader who reads again after that, one who is refused, and one in a select.
        go(static function () use ($a, &$results) {
            $results[] = @fgets($a) ?: 'nothing';
            try { $results[] = @fread($a, 10) ?: 'nothing'; } catch (TypeError) { $results[] = 'closed'; }
        });
        go(static function () use ($a, &$results) {
            try { $results[] = @fread($a, 10) ?: 'nothing'; } catch (Swoole\Error) { $results[] = 'refused'; }
        });
        go(static function () use ($a, &$results) {
            $read = [$a]; $write = $except = null;
            @stream_select($read, $write, $except, 5);
            $results[] = 'selected';
        });
        if ($i % 2) {
            // Woken by data, but not yet run, when the stream is closed.
            fwrite($b, "x\n");
        }
        if ($i % 3 === 0) {
            Co::sleep(0.001);
        }
        $start = microtime(true);
        fclose($a);
        $GLOBALS['slow'] = max($GLOBALS['slow'] ?? 0, microtime(true) - $start);
        fclose($b);
    }
    Co::sleep(0.005);
    check('all are back', count($results), 200);
    check('soon', $GLOBALS['slow'] < 2.0);
    // One who never stops asking does not keep it open.
    [$a, $b] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $tries = 0;
    go(static function () use ($a, &$tries) {
        try { while (is_resource($a)) { @fread($a, 10); $tries++; } } catch (TypeError) {}
    });
    fclose($a);
    check('the stubborn one was sent away', $tries >= 1 && $tries < 1000);
    // A pipe of a process.
    $p = popen('sleep 0.2; echo late 2>/dev/null', 'r');
    go(static function () use ($p, &$line) { $line = @fgets($p); });
    pclose($p);
    check('a reader of a pipe', $line, false);
});
echo "over\n";
--EXPECT--
ok: all are back
ok: soon
ok: the stubborn one was sent away
ok: a reader of a pipe
over
