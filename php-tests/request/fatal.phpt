--TEST--
With superglobals=request the session is written and its lock let go after a fatal error and a cancelled handler; others of the worker finish
--EXTENSIONS--
session
--SKIPIF--
<?php if (getenv('USE_ZEND_ALLOC') === '0') die('skip without its own allocator PHP has no memory limit'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

mkdir($folder = temp_path('sessions'));
$server = Server::start(<<<'PHP'
    <?php
    $app = Highper\Application::create(__DIR__)->settings(['superglobals' => 'request', 'workers' => 1, 'request_timeout' => 2, 'cancel_on_disconnect' => true, 'listen' => "127.0.0.1:{$argv[1]}"]);
    $app->get('/memory', function () { session_start(); $_SESSION['n'] = 1; echo 'lost'; usleep(1000); $a = []; while (true) { $a[] = str_repeat('x', 1 << 20); } });
    $app->get('/redeclared', function () { session_start(); $_SESSION['m'] = 2; eval('class ArrayObject {}'); });
    $app->get('/other', function () { session_start(); $_SESSION['slow'] = $_GET['n']; usleep(100_000); return [$_SESSION, $_GET]; });
    $app->get('/read', function () { session_start(); return $_SESSION; });
    $app->get('/gone', function () { session_start(); $_SESSION['gone'] = 1; try { sleep(30); } finally { error_log('GONE'); } });
    $app->get('/waits', function () { try { session_start(); } finally { error_log('waits: ' . session_status()); } return $_SESSION; });
    class Throws { public function __destruct() { usleep(100); throw new LogicException('at the very end'); } }
    $app->get('/destructor', function () { $_GET['object'] = new Throws; return 'answered'; });
    $app->get('/late', function () {
        go(function () { usleep(20_000); session_set_save_handler(new class extends SessionHandler { public function write($id, $data): bool { throw new LogicException('nobody writes'); } }); session_start(); $_SESSION['n'] = 1; });
        return 'answered';
    });
    exit($app->run([$argv[0]]));
    PHP, ini: ['session.save_path' => $folder, 'session.gc_probability' => '0', 'memory_limit' => '64M', 'display_errors' => '0', 'log_errors' => '1', 'error_log' => '']);
$get = fn (string $path, string $id) => $server->request('GET', $path, '', ['Cookie' => "PHPSESSID={$id}"]);
$other = new HttpClient($server->port);
$other->send('GET', '/other?n=5', '', ['Cookie' => 'PHPSESSID=other']);
usleep(20_000);
check('memory limit', $get('/memory', 'a')->status, 500);
check('another one', $other->receive()->json(), [['slow' => '5'], ['n' => '5']]);
check('written', $get('/read', 'a')->json(), ['n' => 1]);
check('compiler', $get('/redeclared', 'a')->status, 500);
check('written', $get('/read', 'a')->json(), ['n' => 1, 'm' => 2]);
check('the other one', $get('/read', 'other')->json(), ['slow' => '5']);
$leaver = new HttpClient($server->port);
$leaver->send('GET', '/gone', '', ['Cookie' => 'PHPSESSID=gone']);
usleep(30_000);
$waiter = new HttpClient($server->port);
$waiter->send('GET', '/waits', '', ['Cookie' => 'PHPSESSID=gone']);
usleep(30_000);
$waiter->close();
HighperTest\wait_until(fn () => str_contains($server->log(), 'waits: '), 'the end of the one that waits');
check('no session without its lock', str_contains($server->log(), 'waits: 1'));
check('the one that waits was cancelled first', str_contains($server->log(), 'GONE'), false);
$leaver->close();
HighperTest\wait_until(fn () => str_contains($server->log(), 'GONE'), 'the end of the handler');
check('written when cancelled', $get('/read', 'gone')->json(), ['gone' => 1]);
check('a destructor that throws', [$get('/destructor', 'd')->body, $get('/read', 'd')->json()], ['answered', []]);
check('a handler that throws when all is over', [$get('/late', 'l')->body, is_string(HighperTest\wait_until(fn () => str_contains($server->log(), 'nobody writes') ? $server->log() : '', 'the message'))], ['answered', true]);
check('both are told of', str_contains($server->log(), 'at the very end'));
check('stop', $server->stop(), 0);
?>
--EXPECT--
ok: memory limit
ok: another one
ok: written
ok: compiler
ok: written
ok: the other one
ok: no session without its lock
ok: the one that waits was cancelled first
ok: written when cancelled
ok: a destructor that throws
ok: a handler that throws when all is over
ok: both are told of
ok: stop
