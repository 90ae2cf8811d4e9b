--TEST--
The tests' own server and HTTP client work against PHP's built-in server
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

// The built-in server is started by a script, as every server is.
file_put_contents(temp_path('router.php'), <<<'PHP'
    <?php
    header('X-Got: ' . ($_SERVER['HTTP_X_WORD'] ?? 'none'));
    if ($_SERVER['REQUEST_URI'] !== '/many') {
        echo json_encode([$_SERVER['REQUEST_METHOD'], file_get_contents('php://input')]);
        return;
    }
    for ($i = 0; $i < 3; $i++) {
        echo str_repeat('x', 5000);
        flush();
    }
    PHP);
$server = Server::start(<<<'PHP'
    <?php
    $server = proc_open([PHP_BINARY, '-S', "127.0.0.1:{$argv[1]}", __DIR__ . '/router.php'], [], $pipes);
    pcntl_async_signals(true);
    pcntl_signal(SIGTERM, function () use ($server) { proc_terminate($server); proc_close($server); exit(7); });
    while (true) { usleep(10000); }
    PHP);
$answer = $server->get('/hello', ['X-Word' => 'blue']);
check('status', $answer->status, 200);
check('header', $answer->header('x-got'), 'blue');
check('body', $answer->json(), ['GET', '']);
check('post', $server->request('POST', '/', 'abc', ['Content-Type' => 'text/plain'])->json(), ['POST', 'abc']);
check('long body', strlen($server->get('/many')->body), 15000);
check('head', $server->request('HEAD', '/')->body, '');
$raw = $server->connect();
$raw->send("GET / HTTP/1.0\r\n\r\n");
check('raw', str_starts_with($raw->readAll(), 'HTTP/1.'));
check('running', $server->isRunning());
check('children', count($server->children()), 1);
$quiet = $server->connect(0.2);
try {
    $quiet->readLine();
} catch (RuntimeException $e) {
    check('time-out', str_contains($e->getMessage(), 'sends nothing'));
}
$quiet->close();
check('exit code', $server->stop(), 7);
check('log', str_contains($server->log(), 'Development Server'));

$late = stream_socket_server('tcp://127.0.0.1:0');
$port = (int) substr(strrchr(stream_socket_get_name($late, false), ':'), 1);
$client = new HttpClient($port);
$peer = stream_socket_accept($late);
fwrite($peer, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
$answer = $client->receive();
check('chunks', [$answer->body, $answer->trailers], ['abcde', [['X-Sum', '5']]]);
fclose($peer);
check('closed', $client->connection->isClosedWithin(1.0));

try {
    Server::start('<?php echo "no luck\n"; exit(3);');
} catch (RuntimeException $e) {
    echo $e->getMessage();
}
?>
--EXPECT--
ok: status
ok: header
ok: body
ok: post
ok: long body
ok: head
ok: raw
ok: running
ok: children
ok: time-out
ok: exit code
ok: log
ok: chunks
ok: closed
the server ended with code 3 before it accepted:
no luck
