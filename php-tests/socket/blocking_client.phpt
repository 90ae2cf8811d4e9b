--TEST--
Swoole\Client blocks outside of coroutines and waits inside: packets, flags, kept connections, TLS, several at once
--EXTENSIONS--
highper
sockets
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\{Client, Process};
use Swoole\Coroutine\{Server, Socket};
use function HighperTest\{check, free_port, temp_path, wait_until};

file_put_contents($config = temp_path('openssl.cnf'), "[req]\ndistinguished_name=dn\n[dn]\n[leaf]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:server.test\n");
$options = ['config' => $config, 'x509_extensions' => 'leaf', 'digest_alg' => 'sha256', 'private_key_bits' => 2048];
$key = openssl_pkey_new($options);
openssl_x509_export_to_file(openssl_csr_sign(openssl_csr_new(['commonName' => 'server.test'], $key, $options), null, $key, 3, $options, 1), temp_path('server.crt'));
openssl_pkey_export_to_file($key, temp_path('server.key'), null, $options);

[$port, $secure, $packets] = [free_port(), free_port(), free_port()];
// Echoes what comes; `quiet` is not answered, `bye` is the end.
$child = new Process(function () use ($port, $secure, $packets) {
    Co\run(function () use ($port, $secure, $packets) {
        foreach ([[$port, false], [$secure, true]] as [$on, $ssl]) {
            $server = new Server('127.0.0.1', $on, $ssl);
            if ($ssl) { $server->set(['ssl_cert_file' => temp_path('server.crt'), 'ssl_key_file' => temp_path('server.key')]); }
            $server->handle(function ($connection) {
                $socket = $connection->exportSocket();
                while (($data = $socket->recv(65536, -1)) !== '' && $data !== false) {
                    if ($data === 'bye') { break; }
                    if ($data === 'slow') { Co::sleep(0.05); }
                    if ($data !== 'quiet') { $socket->sendAll($data); }
                }
                $connection->close();
            });
            go(fn () => $server->start());
        }
        $udp = new Socket(AF_INET, SOCK_DGRAM, 0);
        $udp->bind('127.0.0.1', $packets);
        while (true) { $data = $udp->recvfrom($peer, -1); $udp->sendto($peer['address'], $peer['port'], $data); }
    });
}, false, 0);
$pid = $child->start();
register_shutdown_function(function () use ($pid) { Process::kill($pid, SIGKILL); Process::wait(); });
foreach ([$port, $secure] as $on) { wait_until(fn () => @stream_socket_client("tcp://127.0.0.1:$on"), 'the server'); }

$connect = function (int $to, int $type = SWOOLE_SOCK_TCP, array $settings = [], float $timeout = 2) {
    $client = new Client($type);
    $client->set($settings);
    check('connect', $client->connect('127.0.0.1', $to, $timeout));
    return $client;
};
$client = $connect($port);
check('send and recv', [$client->send('hello'), $client->recv(), $client->isConnected(), $client->sock > 2], [5, 'hello', true, true]);
$client->send('0123456789');
check('flags', [$client->recv(4, Client::MSG_PEEK), $client->recv(6, Client::MSG_WAITALL), $client->recv(4), @$client->recv(1, Client::MSG_DONTWAIT), $client->errCode], ['0123', '012345', '6789', false, SOCKET_EAGAIN]);
check('names', [$client->getpeername(), $client->getsockname()['host']], [['port' => $port, 'host' => '127.0.0.1'], '127.0.0.1']);
file_put_contents(temp_path('file'), $content = random_bytes(300_000));
check('sendfile', [$client->sendfile(temp_path('file')), $client->recv(300_000, Client::MSG_WAITALL) === $content], [true, true]);
check('connected already', @$client->connect('127.0.0.1', $port), false);
$client->send('bye');
check('the end', [$client->recv(), $client->close(), @$client->close(), @$client->send('x'), $client->errCode], ['', true, false, false, SWOOLE_ERROR_CLIENT_NO_CONNECTION]);

$client = $connect($port, settings: ['open_length_check' => true, 'package_length_type' => 'n', 'package_body_offset' => 2]);
$client->send("\0\3abc\0\1d\0\0");
check('packets', [$client->recv(), $client->recv(), $client->recv()], ["\0\3abc", "\0\1d", "\0\0"]);
$client = $connect($port, settings: ['open_eof_check' => true, 'package_eof' => "\n"], timeout: 0.05);
$client->send("one\ntwo\nthr");
check('end marks', [$client->recv(), $client->recv(), @$client->recv(), $client->errCode], ["one\n", "two\n", false, SOCKET_EAGAIN]);
$quiet = $connect($port, timeout: 0.05);
$quiet->send('quiet');
set_error_handler(function (int $level, string $text): bool { echo preg_replace('/:\d{4,}\]/', ':port]', $text), "\n"; return true; });
$t = microtime(true);
check('the time is over', [$quiet->recv(), $quiet->errCode, microtime(true) - $t >= 0.04], [false, SOCKET_EAGAIN, true]);

$first = $connect($port, SWOOLE_SOCK_TCP | SWOOLE_KEEP);
$sock = $first->sock;
$first->close();
$second = $connect($port, SWOOLE_SOCK_TCP | SWOOLE_KEEP);
check('a kept connection', [$second->sock, $second->reuse, $second->reuseCount, $second->send('again'), $second->recv()], [$sock, true, 1, 5, 'again']);
$second->send('bye');
check('one that ended is not kept', [$second->recv(), $second->close()], ['', true]);
$third = $connect($port, SWOOLE_SOCK_TCP | SWOOLE_KEEP);
check('a new one', [$third->reuse, $third->send('x'), $third->recv(), $third->close(true)], [false, 1, 'x', true]);

$tls = $connect($secure, SWOOLE_SOCK_TCP | SWOOLE_SSL, ['ssl_verify_peer' => true, 'ssl_cafile' => temp_path('server.crt'), 'ssl_host_name' => 'server.test']);
check('TLS', [$tls->send('secret'), $tls->recv(), strlen($tls->getPeerCert()) > 100, $tls->verifyPeerCert()], [6, 'secret', true, true]);
$later = $connect($secure);
check('TLS on an open connection', [$later->enableSSL(), $later->send('secret'), $later->recv(), @$later->enableSSL()], [true, 6, 'secret', false]);
check('a server without TLS', @(new Client(SWOOLE_SOCK_TCP | SWOOLE_SSL))->connect('127.0.0.1', $port), false);

$udp = new Client(SWOOLE_SOCK_UDP);
check('sendto', [$udp->sendto('127.0.0.1', $packets, 'packet'), $udp->recv()], [true, 'packet']);
$udp = $connect($packets, SWOOLE_SOCK_UDP);
check('packets', [$udp->send('another'), $udp->recv()], [7, 'another']);

[$a, $b, $c] = [$connect($port), $connect($port), $connect($port)];
$a->send('a');
$c->send('c');
usleep(50_000);
$read = ['a' => $a, 'b' => $b, 'c' => $c];
$write = [$b];
$none = null;
check('select', [swoole_client_select($read, $write, $none, 1), array_keys($read), count($write)], [3, ['a', 'c'], 1]);
$read = [$b];
check('select in time', [swoole_select($read, $none, $none, 0.01), $read], [0, []]);

Co\run(function () use ($port) {
    $t = microtime(true);
    for ($i = 0; $i < 5; $i++) {
        go(function () use ($port) {
            $client = new Client(SWOOLE_SOCK_TCP);
            $client->connect('127.0.0.1', $port);
            $client->send('slow');
            check('in a coroutine', $client->recv(), 'slow');
        });
    }
    go(function () use ($t) { Co::sleep(0.001); check('others go on', microtime(true) - $t < 0.05); });
});
check('refused', @(new Client(SWOOLE_SOCK_TCP))->connect('127.0.0.1', 1), false);
(new Client(SWOOLE_SOCK_TCP))->connect('127.0.0.1', 1);
$bound = new Client(SWOOLE_SOCK_TCP);
$bound->set(['bind_address' => '127.0.0.1', 'bind_port' => $port]);
check('an address in use', [@$bound->connect('127.0.0.1', $port), $bound->errCode], [false, SOCKET_EADDRINUSE]);
try { new Client(99); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
try { new Client(SWOOLE_SOCK_TCP, true); } catch (Error $e) { echo $e->getMessage(), "\n"; }
--EXPECTF--
ok: connect
ok: send and recv
ok: flags
ok: names
ok: sendfile
ok: connected already
ok: the end
ok: connect
ok: packets
ok: connect
ok: end marks
ok: connect
Swoole\Client::recv(): recv() failed, Error: Resource temporarily unavailable[11]
ok: the time is over
ok: connect
ok: connect
ok: a kept connection
ok: one that ended is not kept
ok: connect
ok: a new one
ok: connect
ok: TLS
ok: connect
Swoole\Client::enableSSL(): SSL has been enabled
ok: TLS on an open connection
Swoole\Client::connect(): connect to server[127.0.0.1:port] failed. Error: received unexpected handshake message: got ClientHello when expecting ServerHello or HelloRetryRequest[1018]
ok: a server without TLS
ok: sendto
ok: connect
ok: packets
ok: connect
ok: connect
ok: connect
ok: select
ok: select in time
ok: others go on
ok: in a coroutine
ok: in a coroutine
ok: in a coroutine
ok: in a coroutine
ok: in a coroutine
Swoole\Client::connect(): connect to server[127.0.0.1:1] failed. Error: Connection refused[111]
ok: refused
Swoole\Client::connect(): connect to server[127.0.0.1:1] failed. Error: Connection refused[111]
ok: an address in use
Swoole\Client::__construct() expects parameter 1 to be client type, unknown type 99 given
The $async parameter is not supported
