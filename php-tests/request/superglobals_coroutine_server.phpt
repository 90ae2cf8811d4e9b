--TEST--
With superglobals=request the handlers of Coroutine\Http\Server have superglobals, sessions and output of their own
--EXTENSIONS--
highper
curl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $_GET['base'] = 'the script\'s';
    Swoole\Coroutine\run(function () use ($argv) {
        $http = new Swoole\Coroutine\Http\Server('127.0.0.1', (int) $argv[1]);
        $http->handle('/all', fn ($request, $response) => $response->end(json_encode(['get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE,
            'files' => array_map(fn ($f) => [$f['name'], file_get_contents($f['tmp_name']), is_uploaded_file($f['tmp_name'])], $_FILES), 'input' => file_get_contents('php://input'),
            'server' => [$_SERVER['REQUEST_METHOD'], $_SERVER['QUERY_STRING'], $_SERVER['HTTP_X_SOME'] ?? null, $_SERVER['REMOTE_ADDR']]])));
        $http->handle('/writes', function ($request, $response) {
            $_GET['n'] .= '!';
            usleep(random_int(0, 3000));
            $ch = new Swoole\Coroutine\Channel(1);
            go(fn () => $ch->push($_GET['n']));
            $response->end($ch->pop() . $_GET['n']);
        });
        $http->handle('/prints', function ($request, $response) {
            http_response_code(201);
            header('X-From: header');
            setcookie('c', 'v');
            register_shutdown_function(function () { echo ', at the end'; });
            echo 'printed';
        });
        $http->handle('/before', function ($request, $response) { echo 'first, '; header('X-From: header'); $response->end('then'); });
        $http->handle('/pieces', function ($request, $response) { echo 'a'; $response->write('b'); echo 'c'; $response->write('d'); echo 'e'; });
        $http->handle('/exit', function ($request, $response) { echo 'over: '; exit('done'); });
        $http->handle('/session', function ($request, $response) {
            session_start(['save_path' => __DIR__, 'use_strict_mode' => 0]);
            $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
            echo session_id(), ' ', $_SESSION['n'];
        });
        $http->handle('/upgrade', function ($request, $response) {
            $response->upgrade();
            while (($frame = $response->recv()) instanceof Swoole\WebSocket\Frame && $frame->opcode === WEBSOCKET_OPCODE_TEXT) {
                echo "[told {$frame->data}]";
                $response->push($_GET['name'] . ' ' . $frame->data);
            }
        });
        $http->handle('/stop', function ($request, $response) use ($http) { $response->end(isset($_GET['base']) ? 'shared' : 'own'); $http->shutdown(); });
        $http->start();
        echo '[', $_GET['base'], ']';
    });
    PHP, ini: ['highper.superglobals' => 'request']);
$json = fn (...$a) => $server->request(...$a)->json();

check('form', $json('POST', '/all?a=1', 'b=2', ['Content-Type' => 'application/x-www-form-urlencoded', 'Cookie' => 'k=v', 'X-Some' => 'field']),
    ['get' => ['a' => '1'], 'post' => ['b' => '2'], 'cookie' => ['k' => 'v'], 'files' => [], 'input' => 'b=2', 'server' => ['POST', 'a=1', 'field', '127.0.0.1']]);
$multipart = "--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nfield\r\n--B\r\nContent-Disposition: form-data; name=\"up\"; filename=\"a.txt\"\r\n\r\ncontent\r\n--B--\r\n";
$answer = $json('POST', '/all', $multipart, ['Content-Type' => 'multipart/form-data; boundary=B']);
check('upload', [$answer['post'], $answer['files'], $answer['input']], [['f' => 'field'], ['up' => ['a.txt', 'content', true]], '']);
$clients = [];
for ($i = 0; $i < 20; $i++) {
    $clients[$i] = new HttpClient($server->port);
    $clients[$i]->send('GET', "/writes?n=n{$i}");
}
$good = 0;
foreach ($clients as $i => $client) {
    $good += (int) ($client->receive()->body === "n{$i}!n{$i}!");
}
check('each its own', $good, 20);
$clients[3]->send('GET', '/all?z=9');
check('and the next one on a connection', $clients[3]->receive()->json()['get'], ['z' => '9']);
unset($clients, $client);

$answer = $server->get('/prints');
check('what is printed', [$answer->status, $answer->header('x-from'), $answer->header('set-cookie'), $answer->body], [201, 'header', 'c=v', 'printed, at the end']);
$answer = $server->get('/before');
check('before end()', [$answer->status, $answer->header('x-from'), $answer->body], [200, 'header', 'first, then']);
check('between pieces', $server->get('/pieces')->body, 'abcde');
check('exit()', $server->get('/exit')->body, 'over: done');
$id = str_repeat('a', 26);
$counts = [];
for ($i = 0; $i < 3; $i++) {
    $counts[] = $server->request('GET', '/session', '', ['Cookie' => "PHPSESSID={$id}"])->body;
}
check('a session', $counts, ["{$id} 1", "{$id} 2", "{$id} 3"]);
$curl = curl_init("http://127.0.0.1:{$server->port}/prints?h2");
curl_setopt_array($curl, [CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 5]);
check('HTTP/2', [curl_exec($curl), curl_getinfo($curl, CURLINFO_RESPONSE_CODE), curl_getinfo($curl, CURLINFO_HTTP_VERSION)], ['printed, at the end', 201, CURL_HTTP_VERSION_2_0]);
curl_close($curl);
$socket = new HighperTest\WebSocketClient($server->port, '/upgrade?name=Ann');
$socket->send('hello');
check('a WebSocket has those of its request', $socket->receive(), 'Ann hello');
$socket->close();
check('the last', $server->get('/stop')->body, 'own');
check('stop', $server->waitForEnd(), 0);
check('outside', [str_contains($server->log(), '[told hello]'), str_contains($server->log(), "[the script's]")], [true, true]);
?>
--EXPECT--
ok: form
ok: upload
ok: each its own
ok: and the next one on a connection
ok: what is printed
ok: before end()
ok: between pieces
ok: exit()
ok: a session
ok: HTTP/2
ok: a WebSocket has those of its request
ok: the last
ok: stop
ok: outside
