<?php

// What an aspect around a method costs: nanoseconds a call, more than without it.

declare(strict_types=1);

use Highper\Aspect;
use Highper\Attribute\Around;
use Highper\Invocation;

final class Through implements Aspect
{
    public function around(Invocation $call): mixed
    {
        return $call->proceed();
    }
}

final class Work
{
    private int $sum = 0;

    public function plain(int $n): int
    {
        return $this->sum += $n;
    }

    #[Around(Through::class)]
    public function woven(int $n): int
    {
        return $this->sum += $n;
    }
}

$work = new Work();
$count = (int) ($argv[1] ?? 1_000_000);
$measure = static function (Closure $run) use ($count): float {
    $best = INF;
    for ($round = 0; $round < 5; $round++) {
        $begun = hrtime(true);
        $run($count);
        $best = min($best, (hrtime(true) - $begun) / $count);
    }
    return $best;
};
$plain = $measure(static function (int $count) use ($work): void {
    for ($i = 0; $i < $count; $i++) {
        $work->plain($i);
    }
});
$woven = $measure(static function (int $count) use ($work): void {
    for ($i = 0; $i < $count; $i++) {
        $work->woven($i);
    }
});
echo json_encode(['around' => $woven - $plain, 'plain' => $plain]), "\n";
