--TEST--
WebSocket over TLS: messages small and large both ways, together with the handshake, pings, the end
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Certificates, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$server = Server::start(<<<'PHP'
    <?php
    $folder = getenv('FOLDER');
    $server = new Swoole\WebSocket\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE, SWOOLE_SOCK_TCP | SWOOLE_SSL);
    $server->set(['worker_num' => 1, 'ssl_cert_file' => "$folder/one.crt", 'ssl_key_file' => "$folder/one.key"]);
    $server->on('message', fn ($server, $frame) => $server->push($frame->fd, $frame->data === 'big' ? str_repeat('b', 3 << 19) : $frame->data, $frame->opcode));
    $server->on('request', fn ($request, $response) => $response->end('http'));
    $server->start();
    PHP, environment: ['FOLDER' => $certificates->folder]);
Co\run(function () use ($server) {
    $client = new Swoole\Coroutine\Http\Client('127.0.0.1', $server->port, true);
    $client->set(['timeout' => 10]);
    check('upgrade', $client->upgrade('/'));
    $ask = fn (string $data) => $client->push($data) ? $client->recv()->data : null;
    check('echo', [$ask('hello'), $ask('')], ['hello', '']);
    check('large from the server', md5($ask('big')), md5(str_repeat('b', 3 << 19)));
    check('large from the client', md5($ask($data = str_repeat('x', 1 << 20))), md5($data));
    for ($n = 0; $n < 100; $n++) {
        $client->push("message {$n}");
    }
    check('a hundred at once', array_map(fn () => $client->recv()->data, range(0, 99)), array_map(fn ($n) => "message {$n}", range(0, 99)));
    $client->close();
    $client = new Swoole\Coroutine\Http\Client('127.0.0.1', $server->port, true);
    $client->get('/');
    check('HTTP on the same port', $client->body, 'http');
});
check('the end', $server->stop(), 0);
?>
--EXPECT--
ok: upgrade
ok: echo
ok: large from the server
ok: large from the client
ok: a hundred at once
ok: HTTP on the same port
ok: the end
