--TEST--
A port for datagrams beside one for HTTP needs no settings of its own: it speaks no HTTP, in base and in process mode
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port};
use HighperTest\Server;

foreach (['SWOOLE_BASE', 'SWOOLE_PROCESS'] as $mode) {
    foreach (['Http', 'WebSocket'] as $kind) {
        $udp = free_port();
        $server = Server::start(<<<PHP
            <?php
            \$server = new Swoole\\{$kind}\Server('127.0.0.1', (int) \$argv[1], {$mode});
            \$server->set(['worker_num' => 1]);
            \$server->on('request', fn (\$request, \$response) => \$response->end('by HTTP'));
            \$server->on('message', fn () => null);
            \$port = \$server->listen('127.0.0.1', (int) \$argv[2], SWOOLE_SOCK_UDP);
            \$port->on('packet', fn (\$server, \$data, \$from) => \$server->sendto(\$from['address'], \$from['port'], "heard {\$data}"));
            \$server->start();
            PHP, [(string) $udp]);
        $socket = stream_socket_client("udp://127.0.0.1:{$udp}");
        stream_set_timeout($socket, 5);
        fwrite($socket, 'one');
        check("{$mode}, {$kind}", [fread($socket, 100), $server->get('/')->body], ['heard one', 'by HTTP']);
        check('in order', [$server->stop(), str_contains($server->log(), 'accepting')], [0, false]);
    }
}
?>
--EXPECT--
ok: SWOOLE_BASE, Http
ok: in order
ok: SWOOLE_BASE, WebSocket
ok: in order
ok: SWOOLE_PROCESS, Http
ok: in order
ok: SWOOLE_PROCESS, WebSocket
ok: in order
