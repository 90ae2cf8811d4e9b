<?php
/**
 * How late coroutines run beside one that computes, on the Swoole API.
 *
 *     php preemption.php SECONDS
 *
 * Ten coroutines sleep for a millisecond again and again. Prints JSON: the delays beyond that, in milliseconds.
 */

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

$seconds = (float) $argv[1];
Coroutine::set(['enable_preemptive_scheduler' => true]);
run(static function () use ($seconds): void {
    $late = [];
    $burns = true;
    for ($i = 0; $i < 10; $i++) {
        go(static function () use (&$late, &$burns): void {
            while ($burns) {
                $start = hrtime(true);
                Coroutine::sleep(0.001);
                $late[] = (hrtime(true) - $start) / 1e6 - 1;
            }
        });
    }
    $n = 0;
    $end = hrtime(true) + (int) ($seconds * 1e9);
    while (hrtime(true) < $end) {
        $n++;
    }
    $burns = false;
    sort($late);
    $at = static fn (float $part): float => $late[(int) (count($late) * $part)];
    echo json_encode(['p50' => $at(0.5), 'p99' => $at(0.99), 'worst' => end($late), 'count' => count($late), 'rounds' => $n]);
});
