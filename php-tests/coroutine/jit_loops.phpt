--TEST--
Hot loops and calls that wait in the middle keep their values, whatever compiles them
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
function step(int $i, float $f): float { if ($i % 997 === 0) { Co::sleep(0.001); } return $f + $i * 0.5; }
class Counter { private int $n = 0; function add(int $by): static { $this->n += $by; if ($this->n % 1009 === 0) { Co::sleep(0.001); } return $this; } function get(): int { return $this->n; } }
Co\run(function () {
    foreach ([1, 2, 3] as $k) {
        go(function () use ($k) {
            $f = 0.0; $list = []; $counter = new Counter;
            for ($i = 1; $i <= 6000; $i++) { $f = step($i, $f); $list[$i % 7] = ($list[$i % 7] ?? 0) + $k; $counter->add($k); }
            printf("%d %.1f %d %d\n", $k, $f, array_sum($list), $counter->get());
        });
    }
});
--EXPECTREGEX--
^(?=.*\b1 9001500\.0 6000 6000\b)(?=.*\b2 9001500\.0 12000 12000\b)(?=.*\b3 9001500\.0 18000 18000\b)(?s:.*)$
