--TEST--
OPcache's function JIT: what waits in the middle of compiled code keeps its values
--EXTENSIONS--
highper
Zend OPcache
--INI--
opcache.enable_cli=1
opcache.jit=function
opcache.jit_buffer_size=32M
--FILE--
<?php
require __DIR__ . '/classes.inc';
echo opcache_get_status(false)['jit']['on'] ? "on\n" : "off\n";
require __DIR__ . '/uses.inc';
function mixes(int $i, float $f, string $s): string { Co::sleep(0.001 * ($i % 2) + 0.001); return sprintf('%d %.1f %s', $i + 1, $f * 2, strrev($s)); }
function generated(int $n): Generator { for ($i = 0; $i < $n; $i++) { Co::sleep(0.001); yield $i => $i ** 2; } }
Co\run(function () {
    $sum = 0;
    for ($k = 0; $k < 50; $k++) {
        go(function () use ($k, &$sum) {
            for ($i = 0; $i < 10; $i++) {
                $i % 2 === 0 ? strlen($line = mixes($i, $k / 2, "k$k")) : $line .= mixes($k, $i, 'x');
            }
            $sum += array_sum(iterator_to_array(generated(5))) + strlen($line) * 0;
            if ($k === 49) { echo $line, "\n"; }
            try { $k % 2 ? throw new LogicException("$k") : exit($k); } catch (LogicException | Swoole\ExitException $e) { $sum += 1; } finally { $sum += 1; }
        });
    }
    while (Co::stats()['coroutine_num'] > 1) { Co::sleep(0.005); }
    echo $sum, "\n";
});
?>
--EXPECT--
on
113
Preloaded\Nappera Preloaded\Napperb Preloaded\Napperc 1
exit 3
Highper\Http\NotFound: note 8
Highper\Attribute\Get yes
9 49.0 94k50 18.0 x
1600
