--TEST--
TLS: a connection's silence begins with the end of its handshake
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, patience};
use HighperTest\{Certificates, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
foreach (['base mode' => SWOOLE_BASE, 'process mode' => SWOOLE_PROCESS] as $name => $mode) {
    $server = Server::start(<<<'PHP'
        <?php
        $server = new Swoole\Server('127.0.0.1', (int) $argv[1], (int) $argv[2], SWOOLE_SOCK_TCP | SWOOLE_SSL);
        $server->set(['worker_num' => 1, 'heartbeat_idle_time' => 1, 'heartbeat_check_interval' => 1, 'ssl_cert_file' => getenv('CRT'), 'ssl_key_file' => getenv('KEY')]);
        $server->on('receive', fn () => null);
        $server->start();
        PHP, [(string) $mode], environment: ['CRT' => $certificates->path('one.crt'), 'KEY' => $certificates->path('one.key')]);
    $context = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
    $socket = stream_socket_client("tcp://127.0.0.1:{$server->port}", context: $context);
    stream_set_timeout($socket, (int) ceil(patience(8)));
    // The server sees the connection long before the handshake is over.
    usleep(300_000);
    stream_socket_enable_crypto($socket, true, STREAM_CRYPTO_METHOD_TLS_CLIENT);
    $begun = microtime(true);
    $read = fread($socket, 1);
    $took = microtime(true) - $begun;
    check("{$name}: not before its time", $read === '' && feof($socket) && $took >= 0.99 ?: $took);
    check("{$name}: exit code", $server->stop(), 0);
}
--EXPECT--
ok: base mode: not before its time
ok: base mode: exit code
ok: process mode: not before its time
ok: process mode: exit code
