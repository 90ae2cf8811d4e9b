--TEST--
Health: live and ready without PHP; checks of the application's own, which may wait, fail and recover
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

file_put_contents(temp_path('state'), 'good');
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    final class State { public function __construct() { $this->file = $GLOBALS['argv'][2]; } public string $file; public function look(): bool { usleep(1000); return match (file_get_contents($this->file)) { 'good' => true, 'bad' => false, default => throw new RuntimeException('a secret') }; } }
    exit(Application::create(__DIR__)
        ->health('/health')
        ->healthCheck('state', [State::class, 'look'], every: 0.02)
        ->healthCheck('always', fn (State $state) => null)
        ->run([$argv[0], '--workers', '1']));
    PHP, [temp_path('state')]);
$ready = fn (string $path = '/health/ready') => [($answer = $server->get($path))->status, $answer->body];
wait_until(fn () => $ready()[0] === 200, 'the checks have run');
check('ready', [$ready(), $ready('/health')], [[200, '{"status":"ok"}'], [200, '{"status":"ok"}']]);
check('live', $ready('/health/live'), [200, '{"status":"ok"}']);
file_put_contents(temp_path('state'), 'bad');
wait_until(fn () => $ready()[0] === 503, 'it fails');
check('which one', $ready()[1], '{"failing":["state"],"status":"failing"}');
check('it lives', $ready('/health/live')[0], 200);
$server->waitForLog("not ready: the health check 'state' fails: it returned false");
file_put_contents(temp_path('state'), 'good');
wait_until(fn () => $ready()[0] === 200, 'it is good again');
$server->waitForLog("the health check 'state' is good again");
file_put_contents(temp_path('state'), 'worse');
wait_until(fn () => $ready()[0] === 503, 'it throws');
check('why is for the log', str_contains($ready()[1], 'secret'), false);
$server->waitForLog("not ready: the health check 'state' fails: a secret");
check('others', [$ready('/health/other')[0], $ready('/healthy')[0], $server->request('POST', '/health')->status], [404, 404, 404]);
check('end', $server->stop(), 0);
try {
    Highper\Application::create(__DIR__)->healthCheck('x', fn () => true, 0);
} catch (ValueError $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: ready
ok: live
ok: which one
ok: it lives
ok: why is for the log
ok: others
ok: end
Highper\Application::healthCheck(): Argument #3 ($every) must be between 0.01 and 86400 seconds
