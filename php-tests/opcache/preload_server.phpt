--TEST--
A server whose application is preloaded: its workers are forks of what was compiled once
--EXTENSIONS--
highper
Zend OPcache
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$ini = ['opcache.enable_cli' => '1', 'opcache.preload' => __DIR__ . '/preload.inc', 'opcache.preload_user' => 'root'];
$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 2]);
    $http->on('request', function ($request, $response) {
        $queue = new Preloaded\Queue(1);
        go(fn () => $queue->push((new Preloaded\Napper)->nap()));
        $response->end($queue->pop());
    });
    $http->start();
    PHP, ini: $ini);
for ($i = 0; $i < 20; $i++) {
    $bodies[] = $server->get('/')->body;
}
check('the Swoole face', array_unique($bodies), ['Preloaded\Napper']);
check('exit code', $server->stop(), 0);

$server = Server::start(<<<'PHP'
    <?php
    exit(Highper\Application::create(basePath: __DIR__)->get('/', fn () => ['name' => (new Preloaded\Napper)->nap()])
        ->get('/notes/{id}', [Preloaded\Notes::class, 'show'])->run([$argv[0], '--listen', "127.0.0.1:$argv[1]"]));
    PHP, ini: $ini);
check('the application', $server->get('/')->body, '{"name":"Preloaded\\\\Napper"}');
check('a preloaded controller', $server->get('/notes/7')->body, '{"id":7}');
check('its exception', $server->get('/notes/8')->status, 404);
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: the Swoole face
ok: exit code
ok: the application
ok: a preloaded controller
ok: its exception
ok: exit code
