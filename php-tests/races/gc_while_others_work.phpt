--TEST--
Many coroutines make cycles whose destructors wait, and collect at the same time
--EXTENSIONS--
highper
--CONFLICTS--
all
--TIMEOUT--
60
--FILE--
<?php
use Swoole\Coroutine as Co;
class Node {
    public $other, $data, $by;
    static int $made = 0, $gone = 0, $wrong = 0;
    function __construct() { $this->data = [self::$made++, str_repeat('x', 100)]; }
    function __destruct() {
        $n = $this->data[0];
        if ($n % 3 === 0) {
            Co::sleep(0.001 * (1 + $n % 4));
        }
        if ($n % 7 === 0) {
            try { throw new LogicException((string) $n); } catch (LogicException $e) { Co::sleep(0.001); self::$wrong += $e->getMessage() !== (string) $n; }
        }
        self::$wrong += $this->data[0] !== $n || $this->other->other !== $this;
        self::$gone++;
    }
}
function pair(): void {
    [$a, $b] = [new Node, new Node];
    $a->other = $b;
    $b->other = $a;
}
gc_collect_cycles();
$before = memory_get_usage();
Co\run(function () {
    for ($c = 0; $c < 50; $c++) {
        go(function () use ($c) {
            for ($i = 0; $i < 400; $i++) {
                pair();
                $garbage = [];
                $garbage['self'] = [&$garbage, str_repeat('y', 50)];
                unset($garbage);
                if ($i % 50 === $c) {
                    gc_collect_cycles();
                }
                if ($i % 10 === 0) {
                    Co::sleep(0.001);
                }
            }
        });
    }
});
Co\run(fn () => gc_collect_cycles());
gc_collect_cycles();
gc_collect_cycles();
echo Node::$made, ' made, ', Node::$gone, ' gone, ', Node::$wrong, " wrong\n";
echo memory_get_usage() - $before < 2_000_000 ? "flat\n" : "grown\n";
--EXPECT--
40000 made, 40000 gone, 0 wrong
flat
