<?php
/**
 * What timers cost, on the Swoole API.
 *
 *     php timers.php COUNT
 *
 * Arms so many timers that share a callable, then clears them. Prints JSON: nanoseconds to arm and to clear one,
 * their sum, and the memory of one.
 */

use Swoole\Timer;

ini_set('memory_limit', '-1');

function resident(): int
{
    preg_match('/^VmRSS:\s+(\d+) kB/m', file_get_contents('/proc/self/status'), $m);
    return $m[1] * 1024;
}

$count = (int) $argv[1];
$call = static function (): void {};
// The list of ids is not the timers' memory: it is there before.
$ids = new SplFixedArray($count);
for ($i = 0; $i < $count; $i++) {
    $ids[$i] = $i;
}
Timer::clear(Timer::after(1_000_000, $call));
$before = resident();
$start = hrtime(true);
for ($i = 0; $i < $count; $i++) {
    $ids[$i] = Timer::after(1_000_000 + $i % 50_000, $call);
}
$armed = hrtime(true);
$after = resident();
for ($i = 0; $i < $count; $i++) {
    Timer::clear($ids[$i]);
}
$cleared = hrtime(true);
echo json_encode([
    'arm' => ($armed - $start) / $count,
    'clear' => ($cleared - $armed) / $count,
    'nanoseconds' => ($cleared - $start) / $count,
    'bytes' => ($after - $before) / $count,
]);
