--TEST--
highper.superglobals=request for Swoole\Http\Server: superglobals, sessions, header() and output are the request's; with `shared` they are the process's
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'http_compression' => false]);
    $http->on('workerStart', function () { $_GET['worker'] = 1; });
    $http->on('request', function ($q, $r) {
        switch ($q->server['path_info']) {
            case '/echo': echo 'printed ', $_GET['n'] ?? '-'; header('X-A: 1'); http_response_code(203); return;
            case '/end': echo 'before '; setcookie('c', 'v'); $r->header('X-A', 'mine'); header('X-A: php'); header('X-B: php'); $r->end('end'); echo 'after the end'; return;
            case '/write': echo 'a'; header('X-B: php'); $r->write('b'); echo 'c'; $r->write('d'); echo 'e'; $r->end('f'); return;
            case '/write-open': $r->write('b'); echo 'last'; return;
            case '/redirect': setcookie('c', 'v'); $r->redirect('/x'); return;
            case '/file': header('X-B: php'); $r->sendfile(__FILE__); return;
            case '/exit': exit('bye');
            case '/exit-number': echo 'x'; exit(3);
            case '/throw': echo 'for the log'; throw new RuntimeException('on purpose');
            case '/session': session_start(); $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1; Co::sleep(0.001); $r->end(session_id() . $_SESSION['n'] . count($_SESSION)); return;
            case '/detach': $r->detach(); echo 'for the log'; $other = Swoole\Http\Response::create($q->fd); $other->end('detached'); return;
            case '/silent': return;
            case '/worker': $r->end(isset($_GET['worker']) ? 'shared' : 'own'); return;
            case '/input': $r->end(file_get_contents('php://input') . '|' . $q->rawContent() . '|' . $_POST['a'] . $q->post['a']); return;
        }
    });
    $http->start();
    PHP;
$server = Server::start($code, ini: ['highper.superglobals' => 'request', 'display_errors' => '1', 'session.save_path' => HighperTest\temp_path('.')]);
$get = fn (string $path, array $headers = []) => $server->request('GET', $path, '', $headers);
$answer = $get('/echo?n=5');
check('echo', [$answer->status, $answer->body, $answer->header('X-A'), $answer->header('Content-Type')], [203, 'printed 5', '1', 'text/html']);
$answer = $get('/end');
check('end', [$answer->body, $answer->header('X-A'), $answer->header('X-B'), $answer->headers('Set-Cookie')], ['before end', 'mine', 'php', ['c=v']]);
$answer = $get('/write');
check('write', [$answer->body, $answer->header('X-B')], ['abcdef', 'php']);
check('left open', $get('/write-open')->body, 'blast');
$answer = $get('/redirect');
check('redirect', [$answer->status, $answer->headers('Set-Cookie')], [302, ['c=v']]);
check('sendfile', $get('/file')->header('X-B'), 'php');
check('exit', [$get('/exit')->body, $get('/exit-number')->body], ['bye', 'x']);
check('throws', [$get('/throw')->status, str_contains($server->log(), 'for the log'), str_contains($server->log(), 'on purpose')], [500, true, true]);
check('after the end', str_contains($server->log(), 'after the end'));
$cookie = ['Cookie' => 'PHPSESSID=abc'];
check('session', [$get('/session', $cookie)->body, $get('/session', $cookie)->body], ['abc11', 'abc21']);
check('detach', $get('/detach')->body, 'detached');
check('silent', [$get('/silent')->status, $get('/silent')->body], [200, '']);
check('own', $get('/worker')->body, 'own');
check('input', $server->request('POST', '/input', 'a=1', ['Content-Type' => 'application/x-www-form-urlencoded'])->body, 'a=1|a=1|11');
check('stop', $server->stop(), 0);

$server = Server::start($code, ini: ['display_errors' => '0']);
check('shared', [$server->get('/worker')->body, $server->get('/echo?n=5')->status, str_contains($server->log(), 'printed -')], ['shared', 500, true]);
check('stop', $server->stop(), 0);

$server = Server::start($code, ini: ['highper.superglobals' => 'requests'], wait: false);
check('wrong', str_contains(HighperTest\wait_until(fn () => str_contains($server->log(), 'superglobals') ? $server->log() : '', 'the message'), "highper.superglobals must be shared or request, 'requests' given"));
$server->kill();
?>
--EXPECT--
ok: echo
ok: end
ok: write
ok: left open
ok: redirect
ok: sendfile
ok: exit
ok: throws
ok: after the end
ok: session
ok: detach
ok: silent
ok: own
ok: input
ok: stop
ok: shared
ok: stop
ok: wrong
