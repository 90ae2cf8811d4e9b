--TEST--
Race: many connections at four workers, some of which are killed: a limit lets through what it says, and kept answers end in all of them
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Filter\{RateLimit, ResponseCache};
    $value = $argv[2] . 'value';
    exit(Highper\Application::create(basePath: __DIR__)
        ->get('/limited', fn () => 'x', new RateLimit('200/day'))
        ->get('/kept', fn () => file_get_contents($value), new ResponseCache(600, tags: 'value'))
        ->get('/end', function () use ($value) { file_put_contents($value, (string) (1 + (int) file_get_contents($value))); ResponseCache::invalidate('value'); return 'ended'; })
        ->get('/pid', fn () => getmypid())
        ->run([$argv[0], '--workers', '4']));
    PHP, [temp_path('')]);
file_put_contents(temp_path('value'), '0');
$through = 0;
for ($round = 0; $round < 4; $round++) {
    $clients = array_map(fn () => new HttpClient($server->port), range(1, 16));
    for ($i = 0; $i < 5; $i++) {
        foreach ($clients as $client) {
            $client->send('GET', '/limited');
        }
        foreach ($clients as $client) {
            $through += $client->receive()->status === 200 ? 1 : 0;
        }
    }
    if ($round < 2) {
        $pid = (int) $server->get('/pid')->body;
        posix_kill($pid, SIGKILL);
        wait_until(fn () => count(array_diff($server->children(), [$pid])) === 4, 'a new worker');
    }
}
check('320 requests', $through, 200);
$wrong = 0;
for ($i = 1; $i <= 20; $i++) {
    $server->get('/end');
    // Each connection may be another worker's.
    for ($n = 0; $n < 8; $n++) {
        $wrong += $server->get('/kept')->body === (string) $i ? 0 : 1;
    }
}
check('what was ended is not seen again', $wrong, 0);
?>
--EXPECT--
ok: 320 requests
ok: what was ended is not seen again
