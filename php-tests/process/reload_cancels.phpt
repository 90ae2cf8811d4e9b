--TEST--
A reload: a request that still runs after max_wait_time is cancelled as at the end of the server; those that are quicker are answered
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 1, 'max_wait_time' => 1])
        ->get('/pid', fn () => (string) getmypid())
        ->get('/sleep/{ms}', function (int $ms) {
            try {
                usleep($ms * 1000);
                return 'slept';
            } finally {
                error_log("finally of {$ms}");
            }
        })
        ->run([$argv[0]]));
    PHP);
$before = $server->get('/pid')->body;
$quick = new HttpClient($server->port, 10.0);
$late = new HttpClient($server->port, 10.0);
$quick->send('GET', '/sleep/300');
$late->send('GET', '/sleep/60000');
$server->get('/pid');
$server->signal(10);
$answer = $quick->receive();
check('the quick one', [$answer->status, $answer->body], [200, 'slept']);
$begun = microtime(true);
$answer = $late->receive();
check('the late one', $answer->status, 503);
check('long before its time', microtime(true) - $begun < 20);
$server->waitForLog('finally of 60000');
check('its finally block ran', str_contains($server->log(), 'finally of 300'));
check('another worker serves', wait_until(fn () => $server->get('/pid')->body !== $before, 'another worker'));
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: the quick one
ok: the late one
ok: long before its time
ok: its finally block ran
ok: another worker serves
ok: ends
