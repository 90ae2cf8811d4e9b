<?php
/**
 * What coroutines cost, on the Swoole API.
 *
 *     php coroutine.php create | switch | sleep | channel | wait-group | array_map N | list N
 *     php coroutine.php memory COUNT [C_STACK_SIZE]
 *     php coroutine.php waiters COUNT
 *
 * Prints JSON; `array_map` and `list` print "ok" where the stack held.
 */

use Swoole\Coroutine;

use function Swoole\Coroutine\run;

/** Nanoseconds per turn of each of the batches. */
function batches(int $batches, int $turns, Closure $batch): array
{
    $batch($turns);
    $costs = [];
    for ($i = 0; $i < $batches; $i++) {
        $start = hrtime(true);
        $batch($turns);
        $costs[] = (hrtime(true) - $start) / $turns;
    }
    return $costs;
}

/** Resident memory and page tables of this process, in bytes. */
function resident(): array
{
    preg_match_all('/^(VmRSS|VmPTE):\s+(\d+) kB/m', file_get_contents('/proc/self/status'), $m);
    return array_map(static fn ($kb) => $kb * 1024, array_combine($m[1], $m[2]));
}

function nest(int $depth): void
{
    if ($depth > 0) {
        array_map(static fn () => nest($depth - 1), [1]);
    }
}

$what = $argv[1];
$n = (int) ($argv[2] ?? 0);
ini_set('memory_limit', '-1');

if ($what === 'memory' || $what === 'waiters') {
    $settings = ['max_coroutine' => $n + 100];
    if (isset($argv[3])) {
        $settings['c_stack_size'] = (int) $argv[3];
    }
    Coroutine::set($settings);
}

run(static function () use ($what, $n): void {
    switch ($what) {
        case 'create':
            echo json_encode(batches(41, 50_000, static function (int $turns): void {
                for ($i = 0; $i < $turns; $i++) {
                    go(function () {});
                }
            }));
            return;
        case 'switch':
            $stop = false;
            $id = go(static function () use (&$stop): void {
                while (!$stop) {
                    Coroutine::yield();
                }
            });
            echo json_encode(batches(41, 100_000, static function (int $turns) use ($id): void {
                for ($i = 0; $i < $turns; $i++) {
                    Coroutine::resume($id);
                }
            }));
            $stop = true;
            Coroutine::resume($id);
            return;
        case 'sleep':
            echo json_encode(batches(400, 1, static fn () => Coroutine::sleep(0.001)));
            return;
        case 'channel':
            $channel = new Coroutine\Channel(1);
            go(static function () use ($channel): void {
                while ($channel->pop() !== -1) {
                }
            });
            echo json_encode(batches(41, 50_000, static function (int $turns) use ($channel): void {
                for ($i = 0; $i < $turns; $i++) {
                    $channel->push($i);
                }
            }));
            $channel->push(-1);
            return;
        case 'wait-group':
            echo json_encode(batches(41, 20, static function (int $turns): void {
                for ($i = 0; $i < $turns; $i++) {
                    $group = new Coroutine\WaitGroup();
                    for ($j = 0; $j < 1000; $j++) {
                        $group->add();
                        go(static function () use ($group): void {
                            Coroutine::sleep(0.001);
                            $group->done();
                        });
                    }
                    $group->wait();
                }
            }));
            return;
        case 'memory':
        case 'waiters':
            $body = static function (): void {
                Coroutine::sleep(3600);
            };
            if ($what === 'waiters') {
                // All ten connections are taken for good.
                $file = sys_get_temp_dir() . '/highper-waiters-' . getmypid() . '.db';
                register_shutdown_function(static fn () => @unlink($file));
                if (class_exists(Highper\Db::class)) {
                    $db = new Highper\Db("sqlite:{$file}?pool.max=10&pool.wait=3600&timeout=3600&pool.queue=" . ($n + 100));
                    $hold = static fn () => $db->pin(static fn () => Coroutine::sleep(3600));
                    $body = static fn () => $db->fetchValue('SELECT 1');
                } else {
                    $pool = new Swoole\ConnectionPool(static fn () => new PDO("sqlite:{$file}"), 10);
                    $hold = static function () use ($pool): void {
                        $own = $pool->get();
                        Coroutine::sleep(3600);
                    };
                    $body = static fn () => $pool->get()->query('SELECT 1')->fetchColumn();
                }
                for ($i = 0; $i < 10; $i++) {
                    go($hold);
                }
                Coroutine::sleep(0.2);
                unlink($file);
            }
            for ($i = 0; $i < 50; $i++) {
                go($body);
            }
            $before = resident();
            for ($i = 0; $i < $n; $i++) {
                if (go($body) === false) {
                    throw new RuntimeException("no coroutine after $i");
                }
            }
            $after = resident();
            echo json_encode(['resident' => ($after['VmRSS'] - $before['VmRSS']) / $n,
                'tables' => ($after['VmPTE'] - $before['VmPTE']) / $n]);
            flush();
            posix_kill(getmypid(), SIGKILL);   // freeing them all is not what is measured
            return;
        case 'array_map':
            nest($n);
            echo 'ok';
            return;
        case 'list':
            $head = null;
            for ($i = 0; $i < $n; $i++) {
                $node = new stdClass();
                $node->next = $head;
                $head = $node;
            }
            unset($node);
            $head = null;
            echo 'ok';
            return;
    }
});
