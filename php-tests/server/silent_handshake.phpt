--TEST--
A peer that never begins its TLS handshake, or never ends it, is closed with the port's silent ones
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Certificates, Server};

($certificates = new Certificates)->leaf('leaf', 'one.test');
$server = Server::start(<<<'PHP'
    <?php
    $server = new Swoole\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE, SWOOLE_SOCK_TCP | SWOOLE_SSL);
    $server->set(['worker_num' => 1, 'heartbeat_check_interval' => 1, 'heartbeat_idle_time' => 1, 'ssl_cert_file' => "{$argv[2]}/leaf.crt", 'ssl_key_file' => "{$argv[2]}/leaf.key"]);
    $server->on('receive', fn ($server, $fd, $reactor, $data) => $server->send($fd, $data));
    $server->start();
    PHP, [$certificates->folder]);
$begun = microtime(true);
$peers = array_map(function (string $bytes) use ($server) {
    $peer = stream_socket_client("tcp://127.0.0.1:{$server->port}");
    fwrite($peer, $bytes);
    stream_set_timeout($peer, 9);
    return $peer;
}, ['', "\x16\x03\x01\x02\x00\x01"]);
foreach ($peers as $peer) {
    check('closed', [fread($peer, 1), feof($peer)], ['', true]);
}
// Without a heartbeat it would be ten seconds.
check('soon', microtime(true) - $begun < 9);
$good = $certificates->connect($server->port);
fwrite($good, 'hello');
check('others are served', fread($good, 5), 'hello');
fclose($good);
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: closed
ok: closed
ok: soon
ok: others are served
ok: exit code
