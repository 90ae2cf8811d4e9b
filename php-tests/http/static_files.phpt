--TEST--
The static handler: ranges, validators, hidden files and ways out of the folder
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

$root = temp_path('root');
mkdir("{$root}/sub/.git", 0777, true);
file_put_contents("{$root}/a.txt", '0123456789');
file_put_contents("{$root}/.env", 'secret');
file_put_contents("{$root}/a.moc", 'moc');
file_put_contents("{$root}/b.nothing", 'nothing');
file_put_contents("{$root}/sub/.git/config", 'secret');
file_put_contents(temp_path('outside.txt'), 'secret');
file_put_contents(temp_path('root-beside.txt'), 'secret');
symlink(temp_path('outside.txt'), "{$root}/link.txt");
posix_mkfifo("{$root}/fifo", 0600);
$big = random_bytes(3 << 20);
file_put_contents("{$root}/big.bin", $big);
$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    swoole_mime_type_add('moc', 'application/x-mocha');
    $http->set(['worker_num' => 1, 'document_root' => getenv('TEST_TMP') . '/root', 'enable_static_handler' => true]);
    $http->on('request', function ($q, $r) { $r->status(404); $r->end('handler'); });
    $http->start();
    PHP);
$c = new HttpClient($server->port);
$a = $c->request('GET', '/a.txt');
check('file', [$a->status, $a->body], [200, '0123456789']);
$modified = $a->header('last-modified');
foreach (['bytes=2-4' => '234', 'bytes=7-' => '789', 'bytes=-2' => '89', 'bytes=0-100' => '0123456789'] as $range => $body) {
    $b = $c->request('GET', '/a.txt', '', ['Range' => $range]);
    check($range, [$b->status, $b->body, $b->header('content-length')], [206, $body, (string) strlen($body)]);
}
foreach (['bytes=20-30', 'bytes=5-2', 'bytes=-0'] as $range) {
    $b = $c->request('GET', '/a.txt', '', ['Range' => $range]);
    check($range, in_array($b->status, [200, 416], true) && strlen($b->body) !== 5);
}
check('many ranges are no amplifier', strlen($c->request('GET', '/a.txt', '', ['Range' => 'bytes=' . implode(',', array_fill(0, 1000, '0-'))])->body) < 5000);
check('not modified', [($b = $c->request('GET', '/a.txt', '', ['If-Modified-Since' => $modified]))->status, $b->body], [304, '']);
check('HEAD', [($b = $c->request('HEAD', '/a.txt'))->status, $b->header('content-length')], [200, '10']);
check('big', sha1($c->request('GET', '/big.bin')->body), sha1($big));
check('end of big', $c->request('GET', '/big.bin', '', ['Range' => 'bytes=-100000'])->body === substr($big, -100000));
// Uploads and built files often lie elsewhere.
check('a link that leads out of the folder is followed', $c->request('GET', '/link.txt')->body, 'secret');
check('types', [$c->request('GET', '/a.txt')->header('content-type'), $c->request('GET', '/a.moc')->header('content-type'), $c->request('GET', '/b.nothing')->header('content-type')],
    ['text/plain', 'application/x-mocha', 'application/octet-stream']);
foreach (['/.env', '/%2eenv', '/sub/.git/config', '/sub/../.env', '/../outside.txt', '/..%2foutside.txt', '/%2e%2e/outside.txt', '/sub/../../outside.txt',
    '/sub/%2e%2e/%2e%2e/outside.txt', '/..\\outside.txt', '//etc/passwd', '/a.txt%00.png', '/../root-beside.txt', '/fifo', '/sub', '/a.txt/', '/%252e%252e/outside.txt'] as $path) {
    $raw = $server->connect();
    $raw->send("GET {$path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    $all = $raw->readAll();
    check($path, !str_contains($all, 'secret') && !str_contains($all, 'root:') && (int) substr($all, 9, 3) >= 300 ?: substr($all, 0, 100));
}
check('exit code', $server->stop(), 0);
--EXPECTREGEX--
\A(?:ok: [^\n]*\n){32}ok: exit code\s*\Z
