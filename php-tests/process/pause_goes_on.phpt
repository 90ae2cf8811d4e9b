--TEST--
While a server is paused: its address stays its own, a worker that dies is replaced, local sockets and datagrams are served
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\{HttpClient, Server};

$udp = free_port();
$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 2, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->on('request', fn ($request, $response) => $response->end((string) getmypid()));
    $local = $server->listen(getenv('LOCAL'), 0, SWOOLE_SOCK_UNIX_STREAM);
    $local->set(['open_http_protocol' => false]);
    $local->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, "heard {$data}"));
    $datagrams = $server->listen('127.0.0.1', (int) getenv('UDP'), SWOOLE_SOCK_UDP);
    $datagrams->on('packet', fn ($server, $data, $from) => $server->sendto($from['address'], $from['port'], "heard {$data}"));
    $server->start();
    PHP, environment: ['LOCAL' => $local = temp_path('local.sock'), 'UDP' => (string) $udp]);
$accepts = fn (): bool => is_resource(@stream_socket_client("tcp://127.0.0.1:{$server->port}", $code, $why, 2));
$ask = function (string $address, string $text): string {
    $socket = stream_socket_client($address, $code, $why, 5);
    stream_set_timeout($socket, 5);
    fwrite($socket, $text);
    return (string) fread($socket, 100);
};
$open = [];
while (count($open) < 2) {
    $client = new HttpClient($server->port, 10.0);
    $open[(int) $client->request('GET', '/')->body] ??= $client;
}
$server->signal(50);
wait_until(fn () => !$accepts(), 'refused connections');
check('nobody else gets the address', is_resource(@stream_socket_server("tcp://127.0.0.1:{$server->port}")), false);
check('a local socket', $ask("unix://{$local}", 'one'), 'heard one');
check('datagrams', $ask("udp://127.0.0.1:{$udp}", 'two'), 'heard two');
[$dies, $lives] = array_keys($open);
posix_kill($dies, SIGKILL);
wait_until(fn () => count($now = $server->children()) === 2 && !in_array($dies, $now, true), 'another worker');
check('a worker died, and another came', [$accepts(), $open[$lives]->request('GET', '/')->body], [false, (string) $lives]);
check('which takes what the others take', $ask("unix://{$local}", 'three'), 'heard three');
$server->signal(51);
wait_until($accepts, 'connections');
posix_kill($lives, SIGKILL);
wait_until(fn () => count($now = $server->children()) === 2 && !in_array($lives, $now, true), 'another worker');
check('then it accepts', !in_array((int) $server->get('/')->body, [0, $dies, $lives], true));
check('ends', $server->stop(), 0);
?>
--EXPECT--
ok: nobody else gets the address
ok: a local socket
ok: datagrams
ok: a worker died, and another came
ok: which takes what the others take
ok: then it accepts
ok: ends
