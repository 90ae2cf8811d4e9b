--TEST--
Several ports: an HTTP server with a TCP port, a TCP server with an HTTP port, callbacks and settings of a port, its connections
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port};
use HighperTest\{HttpClient, Server};

$other = free_port();
$http = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1, 'package_max_length' => 1 << 20]);
    $http->on('request', function ($request, $response) use ($http) {
        if ($request->server['path_info'] === '/send') { return $response->end(json_encode($http->send((int) $request->get['fd'], "pushed\n"))); }
        $response->end("http {$request->fd} " . count($http->connections) . ' ' . count($http->ports[0]->connections) . ' ' . count($http->ports[1]->connections));
    });
    $http->on('connect', fn ($http, $fd) => null);
    $tcp = $http->listen('127.0.0.1', (int) getenv('OTHER'), SWOOLE_SOCK_TCP);
    $tcp->set(['open_http_protocol' => false, 'open_eof_split' => true, 'package_eof' => "\n"]);
    $tcp->on('receive', fn ($http, $fd, $reactor, $data) => $http->send($fd, "tcp {$fd} {$data}"));
    echo json_encode([$tcp->port == getenv('OTHER'), $tcp->type, $tcp->host, $tcp->setting['package_eof'], count($http->ports), $http->ports[1] === $tcp, $tcp->getCallback('receive') !== null, $tcp->getCallback('close'), $http->getCallback('request') !== null]), "\n";
    $http->start();
    PHP, environment: ['OTHER' => (string) $other]);
check('the port', strtok($http->log(), "\n"), '[true,1,"127.0.0.1","\n",2,true,true,null,true]');
$tcp = stream_socket_client("tcp://127.0.0.1:{$other}");
stream_set_timeout($tcp, 3);
fwrite($tcp, "one\ntwo\n");
$got = [fgets($tcp), fgets($tcp)];
check('a TCP port of an HTTP server', preg_match("/^tcp (\d+) one\ntcp \\1 two\n$/", implode($got), $found), 1);
check('HTTP beside it, numbers of one row, connections', preg_match('/^http (\d+) 2 1 1$/', $http->get('/')->body, $second), 1);
check('one row', (int) $second[1] > (int) $found[1]);
check('from HTTP to TCP', [$http->get("/send?fd={$found[1]}")->body, fgets($tcp)], ['true', "pushed\n"]);
check('exit code', $http->stop(), 0);

$other = free_port();
$tcp = Server::start(<<<'PHP'
    <?php
    ini_set('swoole.display_errors', 'Off');
    $tcp = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $tcp->set(['worker_num' => 1, 'open_eof_split' => true, 'package_eof' => "\n"]);
    $tcp->on('receive', fn ($tcp, $fd, $reactor, $data) => $tcp->send($fd, "tcp {$data}"));
    $http = $tcp->listen('127.0.0.1', (int) getenv('OTHER'), SWOOLE_SOCK_TCP);
    $http->set(['open_http_protocol' => true]);
    $http->on('request', fn ($request, $response) => $response->end("http {$request->server['path_info']}"));
    $same = $tcp->listen('127.0.0.1', 0, SWOOLE_SOCK_TCP);
    $tcp->on('workerStart', fn () => print("port {$same->port}\n"));
    $tcp->start();
    PHP, environment: ['OTHER' => (string) $other]);
$client = $tcp->connect();
$client->send("x\n");
check('TCP', trim($client->readLine()), 'tcp x');
check('an HTTP port of a TCP server', (new HttpClient($other))->request('GET', '/path')->body, 'http /path');
preg_match('/port (\d+)/', $tcp->waitForLog('port '), $found);
$same = stream_socket_client("tcp://127.0.0.1:{$found[1]}");
stream_set_timeout($same, 3);
fwrite($same, "a\nb\n");
check('a port without settings and callbacks has those of the first', [fgets($same), fgets($same)], ["tcp a\n", "tcp b\n"]);
check('exit code', $tcp->stop(), 0);

foreach (['new Swoole\Server("127.0.0.1", 0)', 'new Swoole\Server("127.0.0.1", 0, SWOOLE_BASE, SWOOLE_SOCK_UDP)', 'new Swoole\Server("127.0.0.1", 70000)', 'new Swoole\Server("203.0.113.9", 0)'] as $make) {
    try {
        (eval("return {$make};"))->start();
    } catch (Swoole\Exception $e) {
        echo $e->getCode(), ' ', preg_replace('/\[203.*?:\d+\]/', '[…]', $e->getMessage()), "\n";
    }
}
$server = new Swoole\Server('127.0.0.1', 0);
var_dump(@$server->on('nothing', fn () => null), @$server->listen('203.0.113.9', 0, SWOOLE_SOCK_TCP), swoole_last_error());
--EXPECTF--
ok: the port
ok: a TCP port of an HTTP server
ok: HTTP beside it, numbers of one row, connections
ok: one row
ok: from HTTP to TCP
ok: exit code
ok: TCP
ok: an HTTP port of a TCP server
ok: a port without settings and callbacks has those of the first
ok: exit code
0 require onReceive callback
0 require onPacket callback
9004 failed to listen server port[127.0.0.1:70000], Error: invalid port [70000][9004]
99 failed to listen server port[…], Error: cannot listen on 203.0.113.9:0: this machine has no such address; use one of its own, 127.0.0.1 or 0.0.0.0[99]
[%s]	WARNING	cannot listen on 203.0.113.9:0: this machine has no such address; use one of its own, 127.0.0.1 or 0.0.0.0
bool(false)
bool(false)
int(99)
