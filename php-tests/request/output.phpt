--TEST--
With superglobals=request echo, header(), setcookie(), http_response_code(), exit and shutdown functions make the request's own answer
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    $app = Highper\Application::create(__DIR__)->settings(['superglobals' => 'request', 'workers' => 1, 'listen' => "127.0.0.1:{$argv[1]}"]);
    $app->get('/echo', function () { echo 'one '; usleep(1000); print 'two'; header('X-Late: yes'); });
    $app->get('/text', function () { echo 'before,'; return 'returned'; });
    $app->get('/array', function () { header('Content-Type: application/vnd.api+json'); header('X-A: 1'); header('X-A: 2', false); return [1]; });
    $app->get('/status', function () { http_response_code(404); echo 'not here'; });
    $app->get('/redirect', function () { header('Location: /elsewhere'); exit; });
    $app->get('/line', function () { header('HTTP/1.1 418 Teapot'); return 'short'; });
    $app->get('/exit', function () { try { header('Content-Type: text/csv'); exit("a,b\n"); } finally { echo 'finally'; } });
    $app->get('/cookies', function () { setcookie('a', '1'); setcookie('b', '2', httponly: true); return Highper\Http\Response::json(['x' => 1], 201); });
    $app->get('/response', function () { header('Cache-Control: no-store'); header('X-Mine: 1'); echo 'ignored? '; return Highper\Http\Response::text('body')->withHeader('Cache-Control', 'public'); });
    $app->get('/nothing', fn () => null);
    $app->get('/headers', function () { header('X-One: 1'); header('X-Two: 2'); header_remove('X-One'); echo 'x'; flush(); return [headers_list(), headers_sent(), http_response_code()]; });
    $app->get('/buffers', function () { ob_start(); echo 'left open'; ob_start(fn ($s) => strtoupper($s)); echo ' and closed'; ob_end_flush(); });
    $app->get('/shutdown', function () {
        register_shutdown_function(function () { usleep(1000); echo ' then ', $_GET['n'] ?? '?', header('X-Shutdown: yes'); });
        header_register_callback(fn () => header('X-Callback: yes'));
        ob_start();
        echo 'first';
    });
    $app->get('/children', function () { Highper\scope(fn () => [Highper\async(function () { usleep(9000); echo 'b'; }), Highper\async(function () { usleep(500); echo 'a'; })]); echo 'c'; });
    $app->get('/throws', function () { echo 'for the log'; header('X-Lost: 1'); throw new RuntimeException('on purpose'); });
    $app->get('/http', function () { echo 'for the log'; throw new Highper\Http\NotFound('no'); });
    $app->get('/file', function () { header('X-File: 1'); return Highper\Http\Response::file(__FILE__); });
    $app->get('/length', function () { header('Content-Length: 2'); echo 'longer than that'; });
    $app->get('/broken', function () { @header("X-Broken: a\r\nb: c"); return 'ok'; });
    exit($app->run([$argv[0]]));
    PHP, ini: ['display_errors' => '0']);
$get = fn (string $path) => $server->get($path);
$answer = $get('/echo');
check('echo', [$answer->status, $answer->body, $answer->header('Content-Type'), $answer->header('X-Late')], [200, 'one two', 'text/html; charset=utf-8', 'yes']);
check('before what is returned', $get('/text')->body, 'before,returned');
$answer = $get('/array');
check('array', [$answer->body, $answer->header('Content-Type'), $answer->headers('X-A')], ['[1]', 'application/vnd.api+json', ['1', '2']]);
$answer = $get('/status');
check('status', [$answer->status, $answer->body], [404, 'not here']);
$answer = $get('/redirect');
check('redirect', [$answer->status, $answer->header('Location'), $answer->body], [302, '/elsewhere', '']);
check('status line', $get('/line')->status, 418);
$answer = $get('/exit');
check('exit', [$answer->status, $answer->body, $answer->header('Content-Type')], [200, "finallya,b\n", 'text/csv;charset=UTF-8']);
$answer = $get('/cookies');
check('cookies', [$answer->status, $answer->headers('Set-Cookie'), $answer->json()], [201, ['a=1', 'b=2; HttpOnly'], ['x' => 1]]);
$answer = $get('/response');
check('a response has the last word', [$answer->body, $answer->header('Cache-Control'), $answer->header('X-Mine')], ['ignored? body', 'public', '1']);
check('nothing', $get('/nothing')->status, 204);
check('headers', $get('/headers')->body, 'x[["X-Two: 2"],false,200]');
check('buffers', $get('/buffers')->body, 'left open AND CLOSED');
$answer = $get('/shutdown?n=7');
check('shutdown', [$answer->body, $answer->header('X-Shutdown'), $answer->header('X-Callback')], ['first then 7', 'yes', 'yes']);
check('once', $get('/echo')->body, 'one two');
check('children', $get('/children')->body, 'abc');
$answer = $get('/throws');
check('throws', [$answer->status, str_contains($answer->body, 'for the log'), $answer->header('X-Lost')], [500, false, null]);
check('http exception', [$get('/http')->status, substr_count($server->log(), 'for the log')], [404, 2]);
$answer = $get('/file');
check('file', [str_contains($answer->body, '<?php'), $answer->header('X-File')], [true, '1']);
check('length', $get('/length')->body, 'longer than that');
$answer = $get('/broken');
check('broken', [$answer->body, $answer->header('X-Broken')], ['ok', null]);
check('head', [($a = $server->request('HEAD', '/echo'))->status, $a->header('Content-Length')], [200, '7']);
check('stop', $server->stop(), 0);
?>
--EXPECT--
ok: echo
ok: before what is returned
ok: array
ok: status
ok: redirect
ok: status line
ok: exit
ok: cookies
ok: a response has the last word
ok: nothing
ok: headers
ok: buffers
ok: shutdown
ok: once
ok: children
ok: throws
ok: http exception
ok: file
ok: length
ok: broken
ok: head
ok: stop
