--TEST--
Ten thousand coroutines wait for ten connections: each has its turn once, in order; nobody is lost; a waiter takes no more memory than one that sleeps, and 1 KB
--CONFLICTS--
all
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\{Db, Pool};
use function HighperTest\{check, temp_path};

const COUNT = 10_000;
const HELD = 10;

function held(): int
{
    preg_match_all('/^(?:RssAnon|VmPTE):\s+(\d+)/m', file_get_contents('/proc/self/status'), $found);
    return array_sum($found[1]) * 1024;
}

/** Bytes of each of so many coroutines that do this. */
function bytes(callable $do): float
{
    $before = held();
    for ($i = 0; $i < COUNT; $i++) {
        go($do, $i);
    }
    return (held() - $before) / COUNT;
}

Swoole\Coroutine::set(['max_coroutine' => 4 * COUNT]);
$file = temp_path('waiters.db');
$kinds = [
    'a pool of objects, use()' => function (): array {
        $pool = new Pool(fn () => new stdClass(), max: HELD, wait: null, queue: COUNT);
        return [fn () => $pool->use(fn () => Co::yield()), fn (callable $then) => $pool->use($then), fn () => $pool->stats()];
    },
    'a pool of objects, get()' => function (): array {
        $pool = new Pool(fn () => new stdClass(), max: HELD, wait: 60.0, queue: COUNT);
        return [function () use ($pool) { $own = $pool->get(); Co::yield(); }, function (callable $then) use ($pool) { $own = $pool->get(); $then(); }, fn () => $pool->stats()];
    },
    'a database, a statement' => function () use ($file): array {
        $db = new Db("sqlite:{$file}?pool.max=" . HELD . '&pool.wait=60&timeout=60&pool.queue=' . COUNT);
        return [fn () => $db->pin(fn () => Co::yield()), function (callable $then) use ($db) { $db->fetchValue('SELECT 1'); $then(); }, fn () => $db->stats()];
    },
    'a database, a connection of its own' => function () use ($file): array {
        $db = new Db("sqlite:{$file}?pool.max=" . HELD . '&pool.wait=60&timeout=60&pool.queue=' . COUNT);
        return [fn () => $db->pin(fn () => Co::yield()), fn (callable $then) => $db->pin($then), fn () => $db->stats()];
    },
];
// What sleeps, to compare with: a run of its own for each, since memory that was freed is used again.
$kind = $argv[1] ?? null;
if ($kind === null) {
    $run = fn (string $kind) => json_decode((string) shell_exec('exec ' . escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . ' ' . escapeshellarg(__FILE__) . ' ' . escapeshellarg($kind)), true);
    $sleeps = $run('sleep')['bytes'];
    foreach (array_keys($kinds) as $kind) {
        $seen = $run($kind);
        $beyond = $seen['bytes'] - $sleeps;
        check("{$kind}: in order, all", [$seen['in order'], $seen['served'], $seen['waiting'], $seen['taken']], [true, COUNT, 0, 0]);
        check("{$kind}: memory beyond a coroutine that sleeps", $beyond <= 1024 ? true : "{$beyond} B");
    }
    exit;
}
Co\run(function () use ($kind, $kinds) {
    if ($kind === 'sleep') {
        $bytes = bytes(fn () => Co::yield());
        echo json_encode(['bytes' => $bytes]);
        posix_kill(getmypid(), SIGKILL);
    }
    [$hold, $take, $stats] = $kinds[$kind]();
    $holders = [];
    for ($i = 0; $i < HELD; $i++) {
        $holders[] = go($hold);
    }
    while ($stats()['taken'] < HELD) { Co::sleep(0.005); }
    Co::sleep(0.02);
    $served = [];
    $bytes = bytes(function (int $number) use ($take, &$served) { $take(function () use ($number, &$served) { $served[] = $number; }); });
    foreach ($holders as $holder) {
        Co::resume($holder);
    }
    while (count($served) < COUNT) { Co::sleep(0.01); }
    Co::sleep(0.02);
    $sorted = $served;
    sort($sorted);
    // Several at a time, some on threads: nobody comes before those that waited longer by more than 5 %.
    $most = 0;
    foreach ($served as $at => $number) { $most = max($most, abs($at - $number)); }
    echo json_encode(['bytes' => $bytes, 'in order' => $most <= COUNT / 20, 'served' => $sorted === range(0, COUNT - 1) ? COUNT : count(array_unique($served)), 'waiting' => $stats()['waiting'], 'taken' => $stats()['taken']]);
});
?>
--EXPECT--
ok: a pool of objects, use(): in order, all
ok: a pool of objects, use(): memory beyond a coroutine that sleeps
ok: a pool of objects, get(): in order, all
ok: a pool of objects, get(): memory beyond a coroutine that sleeps
ok: a database, a statement: in order, all
ok: a database, a statement: memory beyond a coroutine that sleeps
ok: a database, a connection of its own: in order, all
ok: a database, a connection of its own: memory beyond a coroutine that sleeps
