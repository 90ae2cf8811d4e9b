--TEST--
A handler whose C stack overflows ends its worker: its connections close, the log names it, another worker takes the place
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 1])
        ->get('/pid', fn () => (string) getmypid())
        ->get('/slow', function () { usleep(60_000_000); return 'slow'; })
        ->get('/deep', function () {
            for ($list = null, $i = 0; $i < 300_000; $i++) { $list = (object) ['next' => [$list]]; }
            $list = null;
            return 'deep';
        })
        ->run([$argv[0]]));
    PHP, ini: ['memory_limit' => '1G']);
$before = $server->get('/pid')->body;
$slow = new HttpClient($server->port, 20.0);
$slow->send('GET', '/slow');
$idle = new HttpClient($server->port, 20.0);
check('it serves', $idle->request('GET', '/pid')->body, $before);
$closes = function (HttpClient $client): bool {
    try {
        return $client->connection->readAll() === '';
    } catch (RuntimeException $e) {
        return !str_contains($e->getMessage(), 'within');
    }
};
$deep = new HttpClient($server->port, 20.0);
$deep->send('GET', '/deep');
check('its connection closes', $closes($deep));
check('so do those of the others', [$closes($slow), $closes($idle)], [true, true]);
$after = wait_until(function () use ($server, $before) {
    try {
        return ($pid = $server->get('/pid')->body) !== $before ? $pid : null;
    } catch (RuntimeException) {
        return null;
    }
}, 'another worker', 15);
check('another worker serves', (int) $after > 0);
$log = $server->waitForLog('stack overflow in coroutine');
check('the log says what and where', preg_match('~stack overflow in coroutine \d+.*server-1-\d+\.php~s', $log), 1);
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: it serves
ok: its connection closes
ok: so do those of the others
ok: another worker serves
ok: the log says what and where
ok: ends
