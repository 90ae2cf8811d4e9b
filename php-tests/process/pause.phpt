--TEST--
A server that is paused refuses new connections while those that there are go on, and takes them again, in both faces
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$code = <<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 2, 'log_level' => 'debug'] + json_decode(getenv('SETTINGS') ?: '[]', true))
        ->health()
        ->get('/', fn () => (string) getmypid())
        ->get('/computes', function () { for ($end = microtime(true) + 1; microtime(true) < $end;); return (string) getmypid(); })
        ->run([$argv[0], ...array_slice($argv, 2)]));
    PHP;
$accepts = fn (Server $server): bool => is_resource(@stream_socket_client("tcp://127.0.0.1:{$server->port}", $errno, $why, 2));
$command = function (Server $server, string $word, string $settings = '[]') use ($code): array {
    $run = Server::start($code, [$word], environment: ['SETTINGS' => $settings], wait: false, port: $server->port);
    return [$run->waitForEnd(), $run->log()];
};
$server = Server::start($code);
$open = new HttpClient($server->port, 5.0);
$open->request('GET', '/');
check('pause', $command($server, 'pause'), [0, "pausing (process {$server->pid})\n"]);
wait_until(fn () => !$accepts($server), 'refused connections');
check('one that was open goes on', array_map(fn () => $open->request('GET', '/')->status, [1, 2]), [200, 200]);
$ready = $open->request('GET', '/health/ready');
check('readiness says so', [$ready->status, $ready->body, $open->request('GET', '/health/live')->status], [503, '{"status":"paused"}', 200]);
check('the status too', str_contains($command($server, 'status')[1], 'paused: no new connections'));
check('again is no harm', $command($server, 'pause')[0], 0);
$server->signal(10);
$server->waitForLog('serves alone');
check('a reload changes nothing', $accepts($server), false);
check('resume', $command($server, 'resume'), [0, "resuming (process {$server->pid})\n"]);
wait_until(fn () => $accepts($server), 'connections');
$computes = new HttpClient($server->port, 10.0);
$computes->send('GET', '/computes');
usleep(100_000); // Whoever has it computes by then; on a machine that is too slow for that the other one may, too.
$other = $server->get('/')->body;
check('all workers accept again', $computes->receive()->body !== $other);
check('readiness', $server->get('/health/ready')->status, 200);
for ($n = 0; $n < 5; $n++) {
    $server->signal(50);
    wait_until(fn () => !$accepts($server), 'refused connections');
    $server->signal(51);
    wait_until(fn () => $accepts($server), 'connections');
}
check('again and again', $server->get('/')->status, 200);
$server->signal(50);
wait_until(fn () => !$accepts($server), 'refused connections');
check('stopped while it is paused', $server->stop(), 0);

$settings = '{"pause_delay": 1.5}';
$server = Server::start($code, environment: ['SETTINGS' => $settings]);
$command($server, 'pause', $settings);
wait_until(fn () => $server->get('/health/ready')->status === 503, 'readiness that says no');
check('with a delay new connections hear of it', $server->get('/')->status, 200);
wait_until(fn () => !$accepts($server), 'refused connections');
$command($server, 'resume', $settings);
wait_until(fn () => $accepts($server), 'connections');
check('resumed', $server->get('/health/ready')->status, 200);
$server->stop();

$server = Server::start('<?php exit(Highper\Application::create(__DIR__)->settings(["workers" => 2, "reuse_port" => true])->get("/", fn () => "here")->run([$argv[0]]));');
$server->get('/');
$server->signal(50);
wait_until(fn () => !$accepts($server), 'refused connections');
$server->signal(51);
wait_until(fn () => $accepts($server), 'connections');
check('a socket for each worker', $server->get('/')->body, 'here');
$server->stop();

foreach (['SWOOLE_BASE', 'SWOOLE_PROCESS'] as $mode) {
    $server = Server::start(<<<PHP
        <?php
        \$server = new Swoole\Http\Server('127.0.0.1', (int) \$argv[1], {$mode});
        \$server->set(['worker_num' => 2]);
        \$server->on('request', fn (\$request, \$response) => \$response->end('here'));
        \$server->start();
        PHP);
    $open = new HttpClient($server->port, 5.0);
    $open->request('GET', '/');
    $server->signal(50);
    wait_until(fn () => !$accepts($server), 'refused connections');
    check("{$mode}: one that was open goes on", $open->request('GET', '/')->body, 'here');
    $server->signal(51);
    wait_until(fn () => $accepts($server), 'connections');
    check("{$mode}: and new ones are taken again", $server->get('/')->body, 'here');
    check("{$mode}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: pause
ok: one that was open goes on
ok: readiness says so
ok: the status too
ok: again is no harm
ok: a reload changes nothing
ok: resume
ok: all workers accept again
ok: readiness
ok: again and again
ok: stopped while it is paused
ok: with a delay new connections hear of it
ok: resumed
ok: a socket for each worker
ok: SWOOLE_BASE: one that was open goes on
ok: SWOOLE_BASE: and new ones are taken again
ok: SWOOLE_BASE: exit code
ok: SWOOLE_PROCESS: one that was open goes on
ok: SWOOLE_PROCESS: and new ones are taken again
ok: SWOOLE_PROCESS: exit code
