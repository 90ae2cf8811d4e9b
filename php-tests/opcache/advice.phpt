--TEST--
A server that starts without OPcache says so once, one that has it says nothing of it
--EXTENSIONS--
highper
Zend OPcache
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\Server;

$application = <<<'PHP'
    <?php
    exit(Highper\Application::create(basePath: __DIR__)->get('/', fn () => ['ok' => true])->run([$argv[0], '--listen', "127.0.0.1:$argv[1]", '--workers', '2']));
    PHP;
$swoole = <<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 2]);
    $http->on('request', fn ($request, $response) => $response->end('ok'));
    $http->start();
    PHP;
foreach (['application' => $application, 'Swoole' => $swoole] as $face => $script) {
    foreach (['0' => 1, '1' => 0] as $on => $wanted) {
        $server = Server::start($script, ini: ['opcache.enable_cli' => (string) $on], environment: ['APP_ENV' => 'production']);
        $server->get('/');
        wait_until(fn () => substr_count($server->log(), 'OPcache') >= $wanted, 'the advice', 3.0);
        posix_kill($server->pid, SIGUSR1);
        usleep(400_000);
        $server->stop();
        check("$face, opcache.enable_cli=$on", substr_count($server->log(), 'OPcache is off for the CLI: set opcache.enable_cli=1'), $wanted);
    }
}
?>
--EXPECT--
ok: application, opcache.enable_cli=0
ok: application, opcache.enable_cli=1
ok: Swoole, opcache.enable_cli=0
ok: Swoole, opcache.enable_cli=1
