--TEST--
Aspects: code that OPcache optimizes and the JIT compiles passes the same arguments and results
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

use Highper\{Aspect, Invocation};
use Highper\Attribute\Around;
use function HighperTest\check;

final class Count implements Aspect
{
    public int $calls = 0;
    public static ?self $last = null;
    public function __construct() { self::$last = $this; }
    public function around(Invocation $call): mixed { $this->calls++; return $call->proceed(); }
}

class Numbers
{
    private int $sum = 0;
    #[Around(Count::class)] final public function add(int $n): int { return $this->sum += $n; }
    #[Around(Count::class)] private function scaled(int|float $n, float $by = 1.5): float { return $n * $by; }
    #[Around(Count::class)] public static function joined(string $a, string ...$more): string { return $a . implode($more); }
    #[Around(Count::class)] public function swap(array &$pair): void { [$pair[0], $pair[1]] = [$pair[1], $pair[0]]; }
    #[Around(Count::class, Count::class)] public function more(): int { return array_sum(func_get_args()); }
    #[Around(Count::class)] public function each(int $to): iterable { for ($i = 0; $i < $to; $i++) { yield $i; } }
    public function scale(int $to): float { $all = 0.0; for ($i = 0; $i < $to; $i++) { $all += $this->scaled($i) + $this->scaled($i + 0.5, 2); } return $all; }
}

$numbers = new Numbers;
$bare = 0.0;
for ($i = 0; $i < 3000; $i++) {
    $bare += $i * 1.5 + ($i + 0.5) * 2;
}
for ($i = 0; $i < 3000; $i++) {
    $sum = $numbers->add($i);
}
check('sum', $sum, 4498500);
check('each call', Count::$last->calls, 3000);
check('floats', $numbers->scale(3000), $bare);
$text = '';
for ($i = 0; $i < 3000; $i++) {
    $text = Numbers::joined((string) $i, 'a', $i % 2 ? 'b' : 'c');
}
check('texts', $text, '2999ab');
$pair = [1, 2];
for ($i = 0; $i < 3001; $i++) {
    $numbers->swap($pair);
}
check('by reference', $pair, [2, 1]);
for ($i = 0, $sum = 0; $i < 3000; $i++) {
    $sum += $numbers->more($i, 1, 2, 3, 4, 5, 6);
}
check('not declared', $sum, 4498500 + 63000);
for ($i = 0, $sum = 0; $i < 300; $i++) {
    foreach ($numbers->each(10) as $n) {
        $sum += $n;
    }
}
check('generators', $sum, 13500);
$bytes = memory_get_usage();
for ($i = 0; $i < 3000; $i++) {
    $numbers->add(1);
    $numbers->swap($pair);
    Numbers::joined('a', 'b');
    try { $numbers->add('no number'); } catch (TypeError) {}
}
check('nothing is left behind', memory_get_usage() - $bytes < 4096);
gc_collect_cycles();
check('no garbage', gc_collect_cycles(), 0);
?>
--EXPECT--
ok: sum
ok: each call
ok: floats
ok: texts
ok: by reference
ok: not declared
ok: generators
ok: nothing is left behind
ok: no garbage
