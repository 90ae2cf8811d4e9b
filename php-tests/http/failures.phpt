--TEST--
Handlers that fail: each is answered, and others go on
--SKIPIF--
<?php if (getenv('USE_ZEND_ALLOC') === '0') die('skip without its own allocator PHP has no memory limit'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    class Link { public ?Link $next = null; public $extra = null; public function __destruct() { $this->extra = 1; } }
    function endless($n) { return endless($n + 1) + 1; }
    class Deep { public function __get($name) { return array_map(fn ($x) => (new Deep)->{"a$x"}, [1]); } }
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($q, $r) {
        switch ($q->server['path_info']) {
            case '/silent': return;
            case '/status': $r->status(202); return;
            case '/half': $r->write('half'); return;
            case '/throw': throw new RuntimeException('thrown on purpose');
            case '/throw-late': Co::sleep(0.01); throw new RuntimeException('thrown late');
            case '/throw-half': $r->write('half'); throw new RuntimeException('thrown half');
            case '/exit': exit(3);
            case '/exit-after': $r->end('answered'); exit;
            case '/memory': $s = str_repeat('x', 1 << 20); $a = []; while (true) { $a[] = $s . count($a); }
            case '/memory-late': Co::sleep(0.01); $a = str_repeat('x', 1 << 30);
            case '/type': strlen(); break;
            case '/fatal': eval('class Link {}'); break;
            case '/recursion': endless(1); break;
            case '/recursion-internal': (new Deep)->b; break;
            case '/chain':
                $first = new Link; $at = $first;
                for ($i = 0; $i < 20_000; $i++) { $at->next = new Link; $at = $at->next; }
                unset($at); $first = null; $r->end('chain'); break;
            case '/slow': Co::sleep(0.3); $r->end('slow'); break;
            case '/pid': $r->end((string) getmypid()); break;
            case '/buffer': ob_start(); echo 'lost'; throw new RuntimeException('in a buffer');
            case '/long-chain':
                $first = new Link; $at = $first;
                for ($i = 0; $i < 100_000; $i++) { $at->next = new Link; $at = $at->next; }
                unset($at); $first = null; $r->end('chain'); break;
            default: $r->end('fine');
        }
    });
    $http->start();
    PHP, ini: ['memory_limit' => '64M', 'display_errors' => '1', 'log_errors' => '0']);
$get = function (string $path) use ($server): int|string {
    $raw = $server->connect(15);
    $raw->send("GET {$path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    try {
        return (int) substr($raw->readAll(), 9, 3);
    } catch (RuntimeException $e) {
        return $e->getMessage();
    }
};
$pid = $server->get('/pid')->body;
check('no answer', $get('/silent'), 500);
check('no answer, but a status', $get('/status'), 202);
check('write() without end()', $server->get('/half')->body, 'half');
check('exception', $get('/throw'), 500);
check('exception after a wait', $get('/throw-late'), 500);
check('internal exception', $get('/type'), 500);
check('exception in a buffer', $get('/buffer'), 500);
check('exit()', $get('/exit'), 500);
check('exit() after end()', $server->get('/exit-after')->body, 'answered');
check('still the same worker', $server->get('/pid')->body, $pid);
$raw = $server->connect();
$raw->send("GET /throw-half HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
check('exception after half an answer: it is not made to look whole', str_ends_with($raw->readAll(), "0\r\n\r\n"), false);
foreach (['thrown on purpose', 'thrown late', 'thrown half', 'in a buffer', 'ArgumentCountError'] as $text) {
    check("log: {$text}", str_contains($server->log(), $text));
}
check('20,000 destructors', $server->get('/chain')->body, 'chain');
foreach (['/memory', '/memory-late', '/fatal'] as $path) {
    $slow = new HttpClient($server->port);
    $slow->send('GET', '/slow');
    usleep(50_000);
    $before = $server->children();
    check("{$path}", $get($path), 500);
    check('a request beside it is answered', $slow->receive()->body, 'slow');
    check('the next one too', $server->get('/')->body, 'fine');
    wait_until(fn () => ($now = $server->children()) !== [] && array_intersect($before, $now) === [], 'another worker');
}
// PHP itself ends with a segmentation fault at the long chain: the server loses one worker.
foreach (['/recursion', '/recursion-internal', '/long-chain'] as $path) {
    $status = $get($path);
    check("{$path}: 500 or a closed connection", in_array($status, [500, 0], true) ?: $status);
    check('the next one is answered', wait_until(function () use ($server) {
        try {
            return $server->get('/')->body;
        } catch (RuntimeException) {
            return false;
        }
    }, 'an answer'), 'fine');
}
check('memory limit is in the log', str_contains($server->log(), 'Allowed memory size'));
check('exit code', $server->stop(), 0);
--TIMEOUT--
60
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){33}ok: exit code\s*\Z
