--TEST--
Application: a scope inside a handler: work in parallel, a failure, a time-out answered with 504, a client that goes away
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\NotFound;
    use function Highper\{async, await, scope};
    exit(Application::create(basePath: __DIR__)->settings(['workers' => 1, 'cancel_on_disconnect' => true])
        ->get('/both', fn () => scope(fn () => [
            'note' => async(function () { usleep(100_000); return 'n'; }),
            'sky' => async(function () { usleep(100_000); return 's'; }),
        ], timeout: 5))
        ->get('/late', fn () => scope(fn () => [
            'note' => async(fn () => 'n'),
            'sky' => async(function () { try { sleep(30); } finally { error_log('the slow one ended'); } }),
        ], timeout: 0.1))
        ->get('/missing', fn () => scope(fn () => [async(fn () => throw new NotFound('note 7')), async(fn () => sleep(30))]))
        ->get('/gone', fn () => scope(fn () => [async(function () { try { sleep(30); } finally { error_log('left alone'); } })]))
        ->run([$argv[0]]));
    PHP);
$client = new HttpClient($server->port);
$began = microtime(true);
check('both at once', $client->request('GET', '/both')->json(), ['note' => 'n', 'sky' => 's']);
check('in parallel', ($t = microtime(true) - $began) < 0.19 ? true : $t);
check('late: 504', $client->request('GET', '/late')->status, 504);
check('the slow one was cancelled', str_contains($server->log(), 'the slow one ended'));
check('what a task throws is the answer', $client->request('GET', '/missing')->status, 404);
$leaver = new HttpClient($server->port);
$leaver->send('GET', '/gone');
usleep(100_000);
$leaver->close();
check('tasks end with the client that is gone', wait_until(fn () => str_contains($server->log(), 'left alone'), 'the end of the task'));
check('and the worker goes on', $client->request('GET', '/both')->status, 200);
--EXPECTREGEX--
\A(?:ok: [^\n]+\n?){7}\Z
