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
const LIMITS = ['max' => HELD, 'wait' => 60, 'queue' => COUNT];

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

/** A server that answers from a moment on, and what tells it that. */
function server(string $end, string $answer): array
{
    $process = proc_open([PHP_BINARY, '-n', __DIR__ . '/../lib/held.php', $end, $answer], [['pipe', 'r'], ['pipe', 'w'], STDERR], $pipes);
    return [(int) fgets($pipes[1]), function () use ($pipes, $process) { fwrite($pipes[0], "now\n"); }];
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
    'memcached' => function (): array {
        [$port, $go] = server('\r\n', 'END\r\n');
        $client = new Highper\Memcached\Client(['servers' => ["127.0.0.1:{$port}"], 'timeout' => 60, 'pool' => LIMITS]);
        return [fn () => $client->get('key'), function (callable $then) use ($client) { $client->get('key'); $then(); }, fn () => current($client->stats()['servers']), $go];
    },
    'memcached, a value is set' => function (): array {
        [$port, $go] = server('v\r\n', 'STORED\r\n');
        $client = new Highper\Memcached\Client(['servers' => ["127.0.0.1:{$port}"], 'timeout' => 60, 'pool' => LIMITS]);
        return [fn () => $client->set('key', 'v'), function (callable $then) use ($client) { $client->set('key', 'v'); $then(); }, fn () => current($client->stats()['servers']), $go];
    },
    'beanstalkd' => function (): array {
        [$port, $go] = server('\r\n', 'NOT_FOUND\r\n');
        $client = new Highper\Beanstalk\Client(['host' => '127.0.0.1', 'port' => $port, 'timeout' => 60, 'pool' => LIMITS]);
        return [fn () => $client->peek(1), function (callable $then) use ($client) { $client->peek(1); $then(); }, fn () => $client->stats(), $go];
    },
    'a TCP client' => function (): array {
        [$port, $go] = server('\n', 'yes\n');
        $client = new Highper\Tcp\Client("127.0.0.1:{$port}", eof: "\n", timeout: 60, pool: LIMITS);
        return [fn () => $client->ask('hello'), function (callable $then) use ($client) { $client->ask('hello'); $then(); }, fn () => $client->stats(), $go];
    },
    'an HTTP client' => function (): array {
        [$port, $go] = server('\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        $client = new Highper\Http\Client(timeout: 60, pool: LIMITS);
        return [fn () => $client->get("http://127.0.0.1:{$port}/x"), function (callable $then) use ($client, $port) { $client->get("http://127.0.0.1:{$port}/x"); $then(); }, fn () => current($client->stats()['servers']), $go];
    },
    'an HTTP client with a base' => function (): array {
        [$port, $go] = server('\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        $client = new Highper\Http\Client("http://127.0.0.1:{$port}/api", timeout: 60, pool: LIMITS);
        return [fn () => $client->get('/x'), function (callable $then) use ($client) { $client->post('/x', query: ['a' => 1], headers: ['X-Name' => 'value']); $then(); }, fn () => current($client->stats()['servers']), $go];
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
    [$hold, $take, $stats, $go] = $kinds[$kind]() + [3 => null];
    $holders = [];
    for ($i = 0; $i < HELD; $i++) {
        $holders[] = go($hold);
    }
    while (($stats()['taken'] ?? 0) < HELD) { Co::sleep(0.005); }
    Co::sleep(0.02);
    $served = [];
    $bytes = bytes(function (int $number) use ($take, &$served) { $take(function () use ($number, &$served) { $served[] = $number; }); });
    if ($go) {
        $go();
    } else {
        foreach ($holders as $holder) {
            Co::resume($holder);
        }
    }
    while (count($served) < COUNT) { Co::sleep(0.01); }
    while ($stats()['taken'] > 0) { Co::sleep(0.01); }
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
ok: memcached: in order, all
ok: memcached: memory beyond a coroutine that sleeps
ok: memcached, a value is set: in order, all
ok: memcached, a value is set: memory beyond a coroutine that sleeps
ok: beanstalkd: in order, all
ok: beanstalkd: memory beyond a coroutine that sleeps
ok: a TCP client: in order, all
ok: a TCP client: memory beyond a coroutine that sleeps
ok: an HTTP client: in order, all
ok: an HTTP client: memory beyond a coroutine that sleeps
ok: an HTTP client with a base: in order, all
ok: an HTTP client with a base: memory beyond a coroutine that sleeps
