--TEST--
Process mode: connections of TCP, HTTP and WebSocket outlive their worker's death and reloads; what was not begun is handled by its successor
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server, TcpClient, WebSocketClient};

$code = <<<'PHP'
    <?php
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $server->set(['worker_num' => 2, 'task_worker_num' => 1, 'package_max_length' => 8 << 20]);
    $tcp = $server->listen('127.0.0.1', (int) $argv[2], SWOOLE_SOCK_TCP);
    $tcp->set(['open_websocket_protocol' => false, 'open_http_protocol' => false, 'open_length_check' => true,
        'package_length_type' => 'N', 'package_body_offset' => 4]);
    $server->on('workerStart', fn ($server) => file_put_contents($argv[3], getmypid() . "\n", FILE_APPEND));
    function answer(string $text, $server, int $fd): string
    {
        switch (strtok($text, ' ')) {
            case 'kill': posix_kill(getmypid(), SIGKILL);
            case 'pid': return (string) getmypid();
            case 'reload': $server->reload(); return 'reloading';
            case 'task': $server->task($fd); return 'handed over';
            case 'info': return $server->getClientInfo($fd)['remote_ip'];
            case 'stop': $server->shutdown(); return 'stopping';
        }
        return strrev($text);
    }
    $tcp->on('receive', function ($server, $fd, $reactor, $data) {
        $text = answer(substr($data, 4), $server, $fd);
        $server->send($fd, pack('N', strlen($text)) . $text);
    });
    $server->on('task', function ($server, $id, $from, $fd) {
        $server->isEstablished($fd) ? $server->push($fd, 'by a task') : $server->send($fd, pack('N', 9) . 'by a task');
    });
    $server->on('request', function ($request, $response) use ($server) {
        if (isset($request->get['file'])) { $response->sendfile($request->get['file']); return; }
        if (isset($request->get['wait'])) { Co::sleep(0.2); }
        if ($request->rawContent()) { $response->end(md5($request->rawContent())); return; }
        $response->end(answer(trim($request->server['request_uri'], '/'), $server, $request->fd));
    });
    $server->on('message', function ($server, $frame) {
        $text = answer($frame->data, $server, $frame->fd);
        if ($text !== 'handed over') { $server->push($frame->fd, $text); }
    });
    $server->start();
    PHP;
$port = HighperTest\free_port();
$server = Server::start($code, [(string) $port, $pids = HighperTest\temp_path('pids')]);
function ask(TcpClient $client, string ...$texts): string
{
    $client->send(implode('', array_map(fn ($text) => pack('N', strlen($text)) . $text, $texts)));
    return $client->read(unpack('N', $client->read(4))[1]);
}
function say(WebSocketClient $client, string ...$texts): string
{
    $client->connection->send(implode('', array_map(WebSocketClient::frame(...), $texts)));
    return $client->receive();
}
$get = fn (HttpClient $http, string $path) => $http->request('GET', "/{$path}")->body;

$tcp = new TcpClient($port);
check('TCP', ask($tcp, 'abc'), 'cba');
check('TCP: about the client', ask($tcp, 'info'), '127.0.0.1');
$old = ask($tcp, 'pid');
check('TCP: what came behind what killed the worker is answered by the next', ask($tcp, 'kill', 'behind'), 'dniheb');
check('TCP: by another process', ask($tcp, 'pid') !== $old);

$web = new WebSocketClient($server->port);
check('WebSocket', say($web, 'abc'), 'cba');
check('WebSocket: a task worker pushes', say($web, 'task'), 'by a task');
check('WebSocket: what came behind what killed the worker is answered by the next', say($web, 'kill', 'behind'), 'dniheb');
$long = str_repeat('long ', 100_000);
check('WebSocket: 500 KB after that', strlen(say($web, $long)), strlen($long));

$http = new HttpClient($server->port);
check('HTTP', $get($http, 'abc'), 'cba');
$old = $get($http, 'pid');
posix_kill((int) $old, SIGKILL);
check('HTTP: a connection at rest outlives its worker', $get($http, 'pid') !== $old);
$lost = new HttpClient($server->port);
$lost->send('GET', '/kill');
check('HTTP: the request that killed its worker is lost with its connection', $lost->connection->readAll(), '');
$half = new HttpClient($server->port);
$half->connection->send("GET /ha");
$both = [$get($http, 'pid'), ask($tcp, 'pid'), say($web, 'pid')];
foreach (array_unique($both) as $pid) {
    posix_kill((int) $pid, SIGKILL);
}
$half->connection->send("lf HTTP/1.1\r\nHost: a\r\n\r\n");
check('HTTP: half a request is taken up by the next worker', $half->receive()->body, 'flah');
$body = random_bytes(3 << 20);
check('HTTP: 3 MB in', $http->request('POST', '/', $body)->body, md5($body));
file_put_contents($file = HighperTest\temp_path('file'), $body);
check('HTTP: a file of 3 MB out', $get($http, '?file=' . urlencode($file)) === $body);

$waiting = new HttpClient($server->port);
$waiting->send('GET', '/late?wait');
[$a, $b, $c] = [ask($tcp, 'pid'), say($web, 'pid'), $get($http, 'pid')];
ask($tcp, 'reload');
check('a request under way is answered by the old worker', $waiting->receive()->body, 'etal');
wait_until(fn () => ask($tcp, 'pid') !== $a && say($web, 'pid') !== $b && $get($http, 'pid') !== $c, 'new workers on all connections');
check('all connections outlive a reload', [ask($tcp, 'x1'), say($web, 'x2'), $get($http, 'x3'), $waiting->request('GET', '/x4')->body], ['1x', '2x', '3x', '4x']);
$front = array_values(array_diff($server->children(), file($pids, FILE_IGNORE_NEW_LINES)));
check('one process in front', count($front), 1);
posix_kill((int) $front[0], SIGKILL);
check('its connections end with it', [$tcp->isClosedWithin(5), $http->connection->isClosedWithin(5)], [true, true]);
$server->waitUntilItAccepts();
$tcp = new TcpClient($port);
$web = new WebSocketClient($server->port);
check('the next one serves', [ask($tcp, 'abc'), say($web, 'abc'), $server->get('/abc')->body], ['cba', 'cba', 'cba']);
check('the end', [say($web, 'stop'), $server->waitForEnd()], ['stopping', 0]);
--EXPECT--
ok: TCP
ok: TCP: about the client
ok: TCP: what came behind what killed the worker is answered by the next
ok: TCP: by another process
ok: WebSocket
ok: WebSocket: a task worker pushes
ok: WebSocket: what came behind what killed the worker is answered by the next
ok: WebSocket: 500 KB after that
ok: HTTP
ok: HTTP: a connection at rest outlives its worker
ok: HTTP: the request that killed its worker is lost with its connection
ok: HTTP: half a request is taken up by the next worker
ok: HTTP: 3 MB in
ok: HTTP: a file of 3 MB out
ok: a request under way is answered by the old worker
ok: all connections outlive a reload
ok: one process in front
ok: its connections end with it
ok: the next one serves
ok: the end
