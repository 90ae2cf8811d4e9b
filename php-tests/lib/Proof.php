<?php

declare(strict_types=1);

namespace HighperTest;

use Swoole\Coroutine;
use Swoole\Coroutine\WaitGroup;

/** What every library that blocks has to show. A connection of its own for each coroutine. */
final class Proof
{
    /**
     * Coroutines that ask at the same time each get their own answer.
     *
     * @param callable(): mixed $connect
     * @param callable(mixed, int): mixed $ask gets the connection and a number, which it has to return; takes some `$seconds`
     */
    public static function interleaved(string $name, callable $connect, callable $ask, float $seconds = 0.1, int $coroutines = 20): void
    {
        $wrong = [];
        $took = self::inside(static function () use ($connect, $ask, $coroutines, &$wrong): float {
            $connections = self::each($coroutines, static fn () => $connect(), $wrong);
            if ($wrong !== []) {
                return 0;
            }
            $start = microtime(true);
            foreach (self::each($coroutines, static fn (int $i) => $ask($connections[$i], $i), $wrong) as $i => $answer) {
                if ($answer !== $i) {
                    $wrong[] = [$i, $answer];
                }
            }

            return microtime(true) - $start;
        });
        check("{$name}: each its own answer", self::few($wrong), []);
        check("{$name}: at the same time", $took < $coroutines * $seconds / 2 ?: $took);
    }

    /**
     * Many coroutines wait at once, on connections that are there already. The figures go to the file that HIGHPER_FIGURES names.
     *
     * @param callable(): mixed $connect
     * @param callable(mixed, int): mixed $wait takes 0.1 s
     * @param ?callable(): void $ready called between connecting and waiting
     */
    public static function atOnce(string $name, callable $connect, callable $wait, ?callable $ready = null, int $coroutines = 200): void
    {
        $wrong = $figures = [];
        self::inside(static function () use ($connect, $wait, $ready, $coroutines, &$wrong, &$figures): void {
            $before = [microtime(true), self::busy()];
            $connections = self::each($coroutines, static fn () => $connect(), $wrong);
            $figures = [microtime(true) - $before[0], self::busy() - $before[1]];
            if ($wrong !== []) {
                return;
            }
            $ready && $ready();
            // Twice: the first time libraries load and allocate.
            for ($round = 0; $round < 2; $round++) {
                gc_collect_cycles();
                $start = microtime(true);
                // What it returns goes here: a statement that is released later would use its connection beside the next one.
                self::each($coroutines, static function (int $i) use ($wait, &$connections): void { $wait($connections[$i], $i); }, $wrong);
                $took = microtime(true) - $start;
            }
            $figures[] = $took;
            // Some say good-bye, and wait for the answer.
            self::each($coroutines, static function (int $i) use (&$connections): void { unset($connections[$i]); }, $wrong);
        });
        check("{$name}: {$coroutines} without a mistake", self::few($wrong), []);
        [$connecting, $busy, $took] = $figures + [2 => 0];
        check("{$name}: {$coroutines} × 0.1 s at once", $took >= 0.09 && $took < patience(1.5) ?: $took);
        if ($file = getenv('HIGHPER_FIGURES')) {
            file_put_contents($file, sprintf("%s\t%d\t%.0f\t%.0f\t%.0f\n", $name, $coroutines, $took * 1000, $connecting * 1000, $busy * 1000), FILE_APPEND);
        }
    }

    /**
     * A setting of the library ends a wait for a server that accepts and never answers, and others run meanwhile.
     *
     * @param callable(string, int): mixed $ask gets host and port; returns true when the library has given up as it should
     * @param ?float $least where a library counts whole seconds of the clock, it may give up so early
     */
    public static function timesOut(string $name, callable $ask, float $seconds = 1.0, ?float $least = null): void
    {
        // The kernel accepts for those in the backlog.
        $silent = stream_socket_server('tcp://127.0.0.1:0');
        [$host, $port] = explode(':', stream_socket_get_name($silent, false));
        $turns = 0;
        $said = $took = null;
        self::inside(static function () use ($ask, $host, $port, &$turns, &$said, &$took): void {
            $over = false;
            go(static function () use (&$turns, &$over): void {
                while (! $over) {
                    Coroutine::sleep(0.01);
                    $turns++;
                }
            });
            $start = microtime(true);
            $said = $ask($host, (int) $port);
            $took = microtime(true) - $start;
            $over = true;
        });
        check("{$name}: gives up", $said);
        check("{$name}: in time", $took > ($least ?? $seconds) * 0.7 && $took < $seconds + patience(2) ?: $took);
        check("{$name}: others run meanwhile", $turns > $took * 100 / 4 ?: [$turns, $took]);
        fclose($silent);
    }

    /**
     * Runs it in as many coroutines; what each returned.
     *
     * @param callable(int): mixed $body
     */
    public static function each(int $coroutines, callable $body, array &$wrong): array
    {
        $group = new WaitGroup();
        $group->add($coroutines);
        $results = [];
        for ($i = 0; $i < $coroutines; $i++) {
            go(static function () use ($i, $body, $group, &$results, &$wrong): void {
                try {
                    $results[$i] = $body($i);
                } catch (\Throwable $e) {
                    $wrong[] = "{$i}: " . $e::class . ': ' . $e->getMessage();
                }
                $group->done();
            });
        }
        $group->wait();

        return $results;
    }

    private static function inside(callable $body): mixed
    {
        $result = null;
        Coroutine\run(static function () use ($body, &$result): void {
            $result = $body();
        });

        return $result;
    }

    /** The first of many mistakes. */
    private static function few(array $wrong): array
    {
        return count($wrong) > 3 ? [...array_slice($wrong, 0, 3), count($wrong) . ' in all'] : $wrong;
    }

    /** Seconds that the machine's processors were busy. */
    private static function busy(): float
    {
        [, $user, $nice, $system, , , $irq, $soft] = preg_split('/\s+/', fgets(fopen('/proc/stat', 'r')));

        return ($user + $nice + $system + $irq + $soft) / 100;
    }
}
