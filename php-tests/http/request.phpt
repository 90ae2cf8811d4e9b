--TEST--
A request's parts: server, header, get, cookie, post, files, raw content
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $http->on('request', function ($q, $r) {
        $files = $q->files;
        foreach ($files ?? [] as $name => $file) {
            if (isset($file['tmp_name']) && is_string($file['tmp_name'])) {
                $files[$name]['sha1'] = sha1_file($file['tmp_name']);
            }
        }
        $raw = $q->rawContent();
        $r->header('Content-Type', 'application/json');
        $r->end(json_encode(['get' => $q->get, 'post' => $q->post, 'cookie' => $q->cookie, 'header' => $q->header,
            'server' => $q->server, 'files' => $files, 'tmp' => $q->tmpfiles, 'method' => $q->getMethod(),
            'length' => strlen($raw), 'sha1' => sha1($raw), 'content' => $q->getContent() === $raw], JSON_INVALID_UTF8_SUBSTITUTE));
    });
    $http->start();
    PHP);
$client = new HttpClient($server->port);
$a = $client->request('GET', '/a%20b/c?x=1&y[]=2&y[]=3&z[k]=v&e=%C3%A4&plus=a+b', '', ['Cookie' => 'a=1; b=%20x; c', 'X-Many-Words' => 'ä', 'Connection' => 'keep-alive'])->json();
check('query', $a['get'], ['x' => '1', 'y' => ['2', '3'], 'z' => ['k' => 'v'], 'e' => 'ä', 'plus' => 'a b']);
check('cookies', [$a['cookie']['a'], $a['cookie']['b']], ['1', ' x']);
check('header names are lower case', $a['header']['x-many-words'], 'ä');
check('host', $a['header']['host'], "127.0.0.1:{$server->port}");
check('method', [$a['server']['request_method'], $a['method']], ['GET', 'GET']);
check('uri', $a['server']['request_uri'], '/a%20b/c');
check('path', $a['server']['path_info'], '/a b/c');
check('query string', $a['server']['query_string'], 'x=1&y[]=2&y[]=3&z[k]=v&e=%C3%A4&plus=a+b');
check('protocol', $a['server']['server_protocol'], 'HTTP/1.1');
check('port', $a['server']['server_port'], $server->port);
check('address', $a['server']['remote_addr'], '127.0.0.1');
check('time', abs($a['server']['request_time_float'] - microtime(true)) < 5);
check('nothing posted', [$a['post'], $a['files'], $a['tmp'], $a['length']], [null, null, null, 0]);

$b = $client->request('POST', '/', 'a=1&b[]=x&b[]=y%26', ['Content-Type' => 'application/x-www-form-urlencoded'])->json();
check('form', $b['post'], ['a' => '1', 'b' => ['x', 'y&']]);
check('form as raw content', [$b['length'], $b['content']], [18, true]);
$b = $client->request('PUT', '/', '{"a":1}', ['Content-Type' => 'application/json'])->json();
check('json is not parsed', [$b['post'], $b['sha1']], [null, sha1('{"a":1}')]);

$file = random_bytes(300_000);
$body = "--B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\ntext\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"../x.bin\"\r\nContent-Type: image/png\r\n\r\n{$file}\r\n--B--\r\n";
$c = $client->request('POST', '/', $body, ['Content-Type' => 'multipart/form-data; boundary=B'])->json();
check('multipart field', $c['post'], ['t' => 'text']);
check('file', [$c['files']['f']['type'], $c['files']['f']['error'], $c['files']['f']['size'], $c['files']['f']['sha1']], ['image/png', 0, 300_000, sha1($file)]);
check('no path in its name', basename($c['files']['f']['name']), 'x.bin');
clearstatcache();
check('temporary file is deleted', file_exists($c['files']['f']['tmp_name']), false);

$part = fn (string $name, string $file, string $text) => "--B\r\nContent-Disposition: form-data; name=\"{$name}\"; filename=\"{$file}\"\r\nContent-Type: text/plain\r\n\r\n{$text}\r\n";
$c = $client->request('POST', '/', $part('f[]', '1.txt', 'one') . $part('f[]', '2.txt', 'three') . $part('g[x][y]', '3.txt', '') . "--B--\r\n", ['Content-Type' => 'multipart/form-data; boundary=B'])->json();
check('files below brackets', [$c['files']['f'][0]['name'], $c['files']['f'][1]['size'], $c['files']['g']['x']['y']['name'], count($c['tmp'])], ['1.txt', 5, '3.txt', 3]);
$client->connection->send("GET / HTTP/1.1\r\nHost: x\r\nX-Two: a\r\nx-two: b\r\nCookie: c=1\r\nCookie: d=2\r\nX-Long: " . str_repeat('l', 30_000) . "\r\n\r\n");
$c = $client->receive()->json();
check('a field twice, two cookie fields, a long one', [$c['header']['x-two'], $c['cookie'], strlen($c['header']['x-long']), isset($c['header']['cookie'])], [['a', 'b'], ['c' => '1', 'd' => '2'], 30_000, false]);

$big = random_bytes(1_500_000);
$d = $client->request('POST', '/', $big, ['Content-Type' => 'application/octet-stream'])->json();
check('a body over 1 MiB', [$d['length'], $d['sha1']], [1_500_000, sha1($big)]);
$client->connection->send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nT: x\r\n\r\n");
check('chunked body', $client->receive()->json()['sha1'], sha1('hello world'));
$form = 'k=' . str_repeat('v', 1_200_000);
$e = $client->request('POST', '/', $form, ['Content-Type' => 'application/x-www-form-urlencoded'])->json();
check('a form over 1 MiB', strlen($e['post']['k'] ?? ''), 1_200_000);
check('exit code', $server->stop(), 0);
--EXPECT--
ok: query
ok: cookies
ok: header names are lower case
ok: host
ok: method
ok: uri
ok: path
ok: query string
ok: protocol
ok: port
ok: address
ok: time
ok: nothing posted
ok: form
ok: form as raw content
ok: json is not parsed
ok: multipart field
ok: file
ok: no path in its name
ok: temporary file is deleted
ok: files below brackets
ok: a field twice, two cookie fields, a long one
ok: a body over 1 MiB
ok: chunked body
ok: a form over 1 MiB
ok: exit code
