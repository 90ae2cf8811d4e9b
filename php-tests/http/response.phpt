--TEST--
A response's parts: status, fields, cookies, chunks, redirect, file, HEAD, gzip
--EXTENSIONS--
zlib
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

file_put_contents(temp_path('file.txt'), '0123456789');
$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($q, $r) {
        switch ($q->server['path_info']) {
            case '/status': $r->status(418, 'Short and stout'); $r->end('tea'); break;
            case '/204': $r->status(204); $r->end(); break;
            case '/fields':
                $r->header('x-one', '1'); $r->header('X-Many', ['a', 'b']); $r->header('x-lower', 'l', false);
                $r->header('X-One', '2'); $r->end('f'); break;
            case '/inject': $r->end(json_encode([@$r->header('X-A', "b\r\nX-Evil: 1"), @$r->header("X\nY", 'b'), @$r->status(99)])); break;
            case '/cookies':
                $r->cookie('a', 'x y'); $r->rawcookie('b', 'x%20y', 0, '/p', 'example.org', true, true, 'Lax');
                $r->cookie('c', 'v', 2000000000); $r->cookie('d', ''); $r->end(); break;
            case '/chunks': $r->write('one'); Co::sleep(0.01); $r->write('two'); $r->end('three'); break;
            case '/measured': $r->header('Content-Length', '100'); $r->write('short'); $r->end(); break;
            case '/onward':
                $r->header('Content-Type', 'text/event-stream'); $r->header('Content-Length', ''); $r->end();
                foreach (['one', 'two'] as $data) { Co::sleep(0.01); $GLOBALS['http']->send($r->fd, "data: {$data}\n\n"); }
                Co::sleep(0.01); $GLOBALS['http']->close($r->fd); break;
            case '/redirect': $r->redirect('/there', 301); break;
            case '/file': $r->sendfile(getenv('TEST_TMP') . '/file.txt'); break;
            case '/part': $r->sendfile(getenv('TEST_TMP') . '/file.txt', 2, 3); break;
            case '/nofile': $r->end(var_export(@$r->sendfile('/nonexistent'), true)); break;
            case '/twice': $r->end('first'); fwrite(STDERR, 'second: ' . var_export(@$r->end('second'), true) . "\n"); break;
            case '/zip': $r->end(str_repeat('compress me ', 1000)); break;
            case '/big': $r->end(str_repeat('0123456789abcdef', 100_000)); break;
            case '/echoed': echo "to the log\n"; $r->end('e'); break;
            case '/later': $r->detach(); $fd = $r->fd; go(function () use ($fd) { Co::sleep(0.01); Swoole\Http\Response::create($fd)->end('later'); }); break;
            default: $r->end('default');
        }
    });
    $http->start();
    PHP);
$c = new HttpClient($server->port);
$a = $c->request('GET', '/status');
check('status and reason', [$a->status, $a->reason, $a->body], [418, 'Short and stout', 'tea']);
$a = $c->request('GET', '/204');
check('204 has no body and no length', [$a->status, $a->body, $a->header('content-length'), $a->header('transfer-encoding')], [204, '', null, null]);
$a = $c->request('GET', '/fields');
check('fields', [$a->headers('X-One'), $a->headers('X-Many')], [['2'], ['a', 'b']]);
check('name as given', in_array(['x-lower', 'l'], $a->fields, true));
check('server, date, type', [$a->header('server'), $a->header('content-type'), abs(strtotime($a->header('date')) - time()) < 3], ['swoole-http-server', 'text/html', true]);
$a = $c->request('GET', '/inject');
check('no line break gets into the head', [$a->json(), $a->header('x-evil')], [[true, false, false], null]);
$a = $c->request('GET', '/cookies');
foreach ($a->headers('set-cookie') as $line) {
    echo preg_replace('/Max-Age=\d{2,}/', 'Max-Age=SECONDS', $line), "\n";
}
$a = $c->request('GET', '/chunks');
check('chunks', [$a->header('transfer-encoding'), $a->header('content-length'), $a->body], ['chunked', null, 'onetwothree']);
$a = $c->request('GET', '/measured');
check('chunks, whatever length was set', [$a->header('transfer-encoding'), $a->header('content-length'), $a->body], ['chunked', null, 'short']);
$onward = $server->connect();
$onward->send("GET /onward HTTP/1.1\r\nHost: x\r\n\r\n");
[$head, $body] = explode("\r\n\r\n", $onward->readAll(), 2);
check('an empty length and no body: the program goes on by itself', [preg_match('/^(content-length|transfer-encoding):/im', $head), $body], [0, "data: one\n\ndata: two\n\n"]);
check('in Swoole\'s order', array_column($c->request('GET', '/fields')->fields, 0), ['X-One', 'X-Many', 'X-Many', 'x-lower', 'Server', 'Date', 'Connection', 'Content-Type', 'Content-Length']);
$c->connection->send("GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
$a = $c->receive();
check('no chunks for HTTP/1.0', [$a->header('transfer-encoding'), $a->body], [null, 'onetwothree']);
$c = new HttpClient($server->port);
$a = $c->request('GET', '/redirect');
check('redirect', [$a->status, $a->header('location')], [301, '/there']);
$a = $c->request('GET', '/file');
check('file', [$a->body, $a->header('content-length'), $a->header('content-type')], ['0123456789', '10', 'text/plain']);
check('part of a file', $c->request('GET', '/part')->body, '234');
check('missing file', $c->request('GET', '/nofile')->body, 'false');
check('second end()', $c->request('GET', '/twice')->body, 'first');
$server->waitForLog('second: false');
$a = $c->request('GET', '/zip', '', ['Accept-Encoding' => 'gzip']);
check('gzip', [$a->header('content-encoding'), gzdecode($a->body) === str_repeat('compress me ', 1000)], ['gzip', true]);
check('gzip refused', $c->request('GET', '/zip', '', ['Accept-Encoding' => 'gzip;q=0'])->header('content-encoding'), null);
check('not asked for', strlen($c->request('GET', '/zip')->body), 12000);
foreach (['/status' => '3', '/file' => '10', '/big' => '1600000'] as $path => $length) {
    $a = $c->request('HEAD', $path);
    check("HEAD {$path}", [$a->header('content-length'), $a->body], [$length, '']);
}
check('HEAD /chunks', $c->request('HEAD', '/chunks')->body, '');
check('nothing left over after HEAD', $c->request('GET', '/')->body, 'default');
check('big', sha1($c->request('GET', '/big')->body), sha1(str_repeat('0123456789abcdef', 100_000)));
check('later', $c->request('GET', '/later')->body, 'later');
check('echo goes to the log', $c->request('GET', '/echoed')->body, 'e');
check('exit code', $server->stop(), 0);
--EXPECT--
ok: status and reason
ok: 204 has no body and no length
ok: fields
ok: name as given
ok: server, date, type
ok: no line break gets into the head
a=x+y
b=x%20y; path=/p; domain=example.org; secure; HttpOnly; SameSite=Lax
c=v; expires=Wed, 18-May-2033 03:33:20 GMT; Max-Age=SECONDS
d=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0
ok: chunks
ok: chunks, whatever length was set
ok: an empty length and no body: the program goes on by itself
ok: in Swoole's order
ok: no chunks for HTTP/1.0
ok: redirect
ok: file
ok: part of a file
ok: missing file
ok: second end()
ok: gzip
ok: gzip refused
ok: not asked for
ok: HEAD /status
ok: HEAD /file
ok: HEAD /big
ok: HEAD /chunks
ok: nothing left over after HEAD
ok: big
ok: later
ok: echo goes to the log
ok: exit code
