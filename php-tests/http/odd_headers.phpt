--TEST--
Response headers: an empty Content-Encoding or Content-Length is none, a digest may be a trailer, properties stay
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $server->set(['worker_num' => 1, 'http_compression_types' => ['text/html', 'text/css'], 'http_compression_min_length' => 30, 'http_compression_level' => 9]);
    $server->on('request', function ($request, $response) {
        switch ($request->server['path_info']) {
            case '/empty':
                $response->header('Content-Encoding', '');
                $response->header('Content-Length', '');
                $response->end(str_repeat('x', 100));
                break;
            case '/digest':
                $response->write('hello');
                $response->trailer('Content-MD5', md5('hello'));
                $response->end();
                break;
            case '/unset':
                $said = [];
                foreach (['header', 'cookie', 'fd'] as $name) {
                    try { unset($response->$name); } catch (Error $e) { $said[] = $e->getMessage(); }
                }
                $response->end(implode("\n", $said));
                break;
            default:
                $response->header('Content-Type', $request->get['type'] ?? 'text/html');
                $response->end(str_repeat('y', (int) $request->get['n']));
        }
    });
    $server->start();
    PHP);
$c = new HttpClient($server->port);
$get = fn (string $path) => $c->request('GET', $path, '', ['Accept-Encoding' => 'gzip']);
$empty = $get('/empty');
check('empty ones', [$empty->header('content-encoding'), $empty->header('content-length'), strlen($empty->body)], [null, '100', 100]);
check('a digest behind the body', $get('/digest')->trailers, [['content-md5', md5('hello')]]);
check('unset', $c->request('GET', '/unset')->body, implode("\n", array_map(fn ($name) => "Property {$name} of class Swoole\\Http\\Response cannot be unset", ['header', 'cookie', 'fd'])));
foreach (['/?n=29' => null, '/?n=30' => 'gzip', '/?n=500&type=text/css' => 'gzip', '/?n=500&type=image/png' => null] as $path => $coding) {
    check($path, $get($path)->header('content-encoding'), $coding);
}
$c->connection->send("GET /?n=3 HTTP/1.1\r\n\r\n");
check('without Host', $c->receive()->body, 'yyy');
?>
--EXPECT--
ok: empty ones
ok: a digest behind the body
ok: unset
ok: /?n=29
ok: /?n=30
ok: /?n=500&type=text/css
ok: /?n=500&type=image/png
ok: without Host
