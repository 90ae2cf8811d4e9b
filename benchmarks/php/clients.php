<?php
/**
 * What clients of services cost whose libraries wait in the coroutine, on the Swoole API.
 *
 *     php clients.php rate WHAT COROUTINES OPERATIONS BATCHES SERVICES
 *     php clients.php wait WHAT COROUTINES SERVICES
 *
 * SERVICES is JSON that says where the services are. `rate` prints of each of the batches the operations per
 * second and the processor time of one in nanoseconds, and the percentiles of their times in microseconds;
 * `wait` prints how long COROUTINES calls of 0.1 s took together, in seconds, and the processor time they took.
 */

use Swoole\Coroutine;
use Swoole\Coroutine\WaitGroup;

use function Swoole\Coroutine\go;
use function Swoole\Coroutine\run;

$services = json_decode(end($argv), true, flags: JSON_THROW_ON_ERROR);
$options = require __DIR__ . '/clients/' . $argv[1] . '.php';
$client = $options[$argv[2]] ?? throw new ValueError("no {$argv[1]} of {$argv[2]}");
$coroutines = (int) $argv[3];
Coroutine::set(['hook_flags' => SWOOLE_HOOK_ALL]);

/** Processor time of this process in nanoseconds, as the scheduler counts it. */
function processor(): int
{
    Coroutine::sleep(0.001);                           // it counts when a process gives way
    return (int) file_get_contents('/proc/self/schedstat');
}

/** Processor time of this process and of its children that have ended, in seconds. */
function all_processors(): float
{
    $sum = 0.0;
    foreach ([getrusage(), getrusage(1)] as $usage) {
        $sum += $usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec'] + ($usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec']) / 1e6;
    }
    return $sum;
}

/** Runs the closures, each in a coroutine of its own, to their end. */
function together(array $bodies): void
{
    $group = new WaitGroup();
    foreach ($bodies as $body) {
        $group->add();
        go(static function () use ($body, $group): void {
            try {
                $body();
            } finally {
                $group->done();
            }
        });
    }
    $group->wait();
}

/** The calls of as many clients, connected at the same time. */
function connect(Closure $client, array $services, int $coroutines): array
{
    $calls = new ArrayObject();
    $body = static function () use ($calls, $client, $services): void {
        $calls[] = $client($services);
    };
    together(array_fill(0, $coroutines, $body));
    return $calls->getArrayCopy();
}

function rate(Closure $client, array $services, int $coroutines, int $operations, int $batches): array
{
    $each = intdiv($operations, $coroutines);
    $clients = connect($client, $services, $coroutines);
    together(array_map(static fn ($call) => static fn () => $call(0), $clients));
    $result = ['rate' => [], 'processor' => []];
    for ($batch = 0; $batch <= $batches; $batch++) {
        [$cpu, $begin] = [processor(), hrtime(true)];
        together(array_map(static fn ($call) => static function () use ($call, $each): void {
            for ($i = 0; $i < $each; $i++) {
                $call($i);
            }
        }, $clients));
        [$time, $cpu] = [hrtime(true) - $begin, processor() - $cpu];
        if ($batch > 0) {                              // the first one warms up
            $result['rate'][] = $each * $coroutines / $time * 1e9;
            $result['processor'][] = $cpu / ($each * $coroutines);
        }
    }
    $times = new ArrayObject();
    together(array_map(static fn ($call) => static function () use ($call, $each, $times): void {
        for ($i = 0; $i < $each; $i++) {
            $begin = hrtime(true);
            $call($i);
            $times[] = hrtime(true) - $begin;
        }
    }, $clients));
    $times = $times->getArrayCopy();
    sort($times);
    foreach ([50, 90, 99] as $percent) {
        $result["p{$percent}"] = $times[intdiv(count($times) * $percent, 100)] / 1000;
    }
    return $result;
}

function wait(Closure $client, array $services, int $coroutines): array
{
    $calls = connect($client, $services, $coroutines);
    [$begin, $cpu] = [hrtime(true), all_processors()];
    together($calls);
    return ['seconds' => (hrtime(true) - $begin) / 1e9, 'processor' => all_processors() - $cpu];
}

run(static function () use ($argv, $client, $services, $coroutines): void {
    echo json_encode(match ($argv[1]) {
        'rate' => rate($client, $services, $coroutines, (int) $argv[4], (int) $argv[5]),
        'wait' => wait($client, $services, $coroutines),
    });
});
