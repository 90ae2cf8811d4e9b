--TEST--
Memcached\Client: values of all kinds, states, numbers, several servers, many coroutines, a server that dies, garbage
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing('memcached'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function Highper\{async, await, scope};
use function HighperTest\{check, free_port, wait_until};
use Highper\Memcached\{Client, ConnectionException, MemcachedException};

$start = fn (int $port) => HighperTest\Daemon::start([HighperTest\Daemon::find('memcached'), '-l', '127.0.0.1', '-p', (string) $port, '-m', '8', ...(posix_geteuid() === 0 ? ['-u', 'root'] : [])], "127.0.0.1:{$port}");
$ports = [free_port(), free_port()];
$servers = array_map($start, $ports);
$url = "memcached://127.0.0.1:{$ports[0]}";
$error = function (callable $do): string { try { $do(); return 'nothing'; } catch (Throwable $e) { return $e::class . ' ' . preg_replace(['~127.0.0.1:\d+~', '~ \(os error \d+\)~'], ['HOST', ''], $e->getMessage()); } };

function all(Client $cache, string $what): void
{
    $cache->clear();
    foreach (['', "a\r\n\0END\r\n", 5, -7, 1.5, true, false, null, ['a' => [1, null]], new DateTimeImmutable('2026-01-02')] as $value) {
        $cache->set('k', $value);
        if ($cache->get('k') != $value || gettype($cache->get('k')) !== gettype($value)) { echo "WRONG: {$what}: ", var_export($value, true), ' became ', var_export($cache->get('k'), true), "\n"; }
    }
    check("{$what}: nothing", [$cache->get('none'), $cache->get('none', 5), $cache->gets('none'), $cache->delete('none'), $cache->touch('none', 5), $cache->increment('none'), $cache->append('none', 'x')], [null, 5, null, false, false, null, false]);
    check("{$what}: add and replace", [$cache->add('a', 1), $cache->add('a', 2), $cache->replace('a', 3), $cache->replace('b', 1), $cache->get('a')], [true, false, true, false, 3]);
    [$value, $state] = $cache->gets('a');
    check("{$what}: states", [$value, $cache->cas('a', 4, $state), $cache->cas('a', 5, $state), $cache->cas('none', 5, $state), $cache->get('a')], [3, true, false, false, 4]);
    check("{$what}: numbers", [$cache->increment('a', 6), $cache->decrement('a'), $cache->decrement('a', 99), $cache->increment('new', 5, 100), $cache->increment('new', 5, 100), $cache->get('new')], [10, 9, 0, 100, 105, 105]);
    check("{$what}: texts", [$cache->set('t', 'b'), $cache->append('t', 'c'), $cache->prepend('t', 'a'), $cache->get('t')], [true, true, true, 'abc']);
    $values = [];
    for ($i = 0; $i < 250; $i++) { $values["many:{$i}"] = $i; }
    check("{$what}: several", [$cache->setMultiple($values), $cache->getMultiple([...array_keys($values), 'none'], 'no') === $values + ['none' => 'no'], $cache->delete('many:7'), $cache->getMultiple(['many:7', 'many:8'])], [true, true, true, ['many:7' => null, 'many:8' => 8]]);
    $big = str_repeat('x', 900_000);
    check("{$what}: large", [$cache->set('big', $big), $cache->get('big') === $big], [true, true]);
}

all(new Client($url), 'alone');
scope(function () use ($url, $ports, $servers, $start, $error) {
    all($cache = new Client("{$url}?pool.max=4"), 'in a coroutine');
    all($both = new Client(['servers' => ["127.0.0.1:{$ports[0]}" => 1, "127.0.0.1:{$ports[1]}" => 2], 'pool' => ['max' => 4]]), 'two servers');
    $items = array_map(fn (array $stats) => (int) $stats['curr_items'], $both->serverStats());
    check('both have some', min($items) > 40);
    $tasks = array_map(fn (int $i) => async(function () use ($cache, $i) { for ($n = 0; $n < 5; $n++) { $cache->set("c{$i}", "{$i}:{$n}"); if ($cache->get("c{$i}") !== "{$i}:{$n}") { return 1; } } return 0; }), range(1, 100));
    check('each has its own answers', [array_sum(array_map(await(...), $tasks)), $cache->stats()['servers']["127.0.0.1:{$ports[0]}"]['taken'], $cache->stats()['servers']["127.0.0.1:{$ports[0]}"]['idle'] <= 4], [0, 0, true]);

    foreach ([
        fn () => $cache->get(''),
        fn () => $cache->get(str_repeat('x', 251)),
        fn () => $cache->get("a b\r\n"),
        fn () => $cache->set('k', str_repeat('x', 2_000_000)),
        fn () => $cache->set('k', 1, -1),
        fn () => $cache->set('n', 'text') && $cache->increment('n'),
        fn () => $cache->increment('n', -1),
        fn () => (new Client('memcached://127.0.0.1:1'))->get('k'),
        fn () => new Client('redis://x'),
        fn () => new Client([]),
        fn () => new Client(['servers' => ['a:1' => 0]]),
        fn () => new Client(['servers' => ['a'], 'colour' => 1]),
    ] as $do) {
        echo $error($do), "\n";
    }
    check('still good', $cache->get('c1'), '1:4');
    $servers[0]->signal(SIGSTOP);
    $quick = new Client("{$url}?timeout=0.02");
    echo $error(fn () => $quick->get('c1')), "\n";
    $servers[0]->signal(SIGCONT);
    check('a connection that was late is not used again', $quick->get('c1'), '1:4');
});
unset($servers[0]);
scope(function () use ($url, $ports, $start, $error) {
    $cache = new Client($url);
    echo $error(fn () => $cache->get('k')), "\n";
    $again = $start($ports[0]);
    check('back', [$cache->set('k', 1), $cache->get('k')], [true, 1]);
    unset($again);
    $again = $start($ports[0]);
    check('replaced unnoticed', $cache->set('k', 2));
});
?>
--EXPECT--
ok: alone: nothing
ok: alone: add and replace
ok: alone: states
ok: alone: numbers
ok: alone: texts
ok: alone: several
ok: alone: large
ok: in a coroutine: nothing
ok: in a coroutine: add and replace
ok: in a coroutine: states
ok: in a coroutine: numbers
ok: in a coroutine: texts
ok: in a coroutine: several
ok: in a coroutine: large
ok: two servers: nothing
ok: two servers: add and replace
ok: two servers: states
ok: two servers: numbers
ok: two servers: texts
ok: two servers: several
ok: two servers: large
ok: both have some
ok: each has its own answers
Highper\Memcached\MemcachedException a key of memcached has 1 to 250 bytes, without spaces and control characters, "" given
Highper\Memcached\MemcachedException a key of memcached has 1 to 250 bytes, without spaces and control characters, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" given
Highper\Memcached\MemcachedException a key of memcached has 1 to 250 bytes, without spaces and control characters, "a b\r\n" given
Highper\Memcached\MemcachedException memcached at HOST: SERVER_ERROR object too large for cache
ValueError Highper\Memcached\Client::set(): Argument #3 ($ttl) must be 0 or more
Highper\Memcached\MemcachedException memcached at HOST: CLIENT_ERROR cannot increment or decrement non-numeric value
ValueError Highper\Memcached\Client::increment(): Argument #2 ($by) must be 0 or more
Highper\Memcached\ConnectionException cannot connect to memcached at HOST: Connection refused
Highper\Memcached\MemcachedException there is no scheme 'redis'; there are memcached and unix
Highper\Memcached\MemcachedException memcached needs 'servers' => ['host:port', …]
Highper\Memcached\MemcachedException the weight of a server must be from 1 to 100
Highper\Memcached\MemcachedException there is no setting 'colour'; there are url, servers, connect_timeout, timeout, and pool with max, min, wait, queue, idle, lifetime
ok: still good
Highper\Memcached\MemcachedException it took longer than it may (timeout)
ok: a connection that was late is not used again
Highper\Memcached\ConnectionException cannot connect to memcached at HOST: Connection refused
ok: back
ok: replaced unnoticed
