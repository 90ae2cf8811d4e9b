--TEST--
A client of DTLS: OpenSSL's server, with and without cookies, a bad path, nobody there, certificates that are not trusted, local sockets
--EXTENSIONS--
openssl
sockets
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, patience, temp_path, wait_until};
use HighperTest\Certificates;

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$serve = function (string ...$more) use ($certificates): array {
    $port = free_port();
    $command = ['openssl', 's_server', '-dtls1_2', '-accept', "127.0.0.1:{$port}", '-cert', $certificates->path('one.crt'), '-key', $certificates->path('one.key'), ...$more];
    $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']], $pipes);
    stream_set_blocking($pipes[1], false);
    $text = '';
    $until = function (string $pattern) use ($pipes, &$text): string {
        wait_until(function () use ($pipes, &$text, $pattern) {
            $text .= stream_get_contents($pipes[1]);
            return preg_match($pattern, $text) || feof($pipes[1]);
        }, $pattern, 10);
        return preg_match($pattern, $text, $found) ? $found[0] : "not in: {$text}";
    };
    $until('~ACCEPT~');
    return [$port, $until, fn (string $line) => fwrite($pipes[0], "{$line}\n"), function () use ($process) {
        proc_terminate($process, 9);
        proc_close($process);
    }];
};
$trusted = ['ssl_verify_peer' => true, 'ssl_cafile' => $certificates->path('ca.crt'), 'ssl_host_name' => 'one.test'];

foreach (['without cookies' => [], 'with cookies' => ['-listen'], 'in small pieces' => ['-listen', '-mtu', '300'], 'that asks who we are' => ['-Verify', '1', '-CAfile', $certificates->path('ca.crt'), '-verify_return_error']] as $name => $options) {
    [$port, $until, $say, $end] = $serve(...$options);
    $client = new Swoole\Client(SWOOLE_SOCK_UDP | SWOOLE_SSL);
    $client->set($trusted + ['ssl_cert_file' => $certificates->path('one.crt'), 'ssl_key_file' => $certificates->path('one.key')]);
    check("{$name}: connected", $client->connect('127.0.0.1', $port, patience(10)));
    $client->send("hello {$name}\n");
    check("{$name}: the server hears", $until("~hello {$name}~"), "hello {$name}");
    $say('and answers');
    check("{$name}: and is heard", $client->recv(), "and answers\n");
    $client->close();
    $end();
}

[$port, $until, $say, $end] = $serve('-listen');
Co\run(function () use ($port, $until, $say, $trusted) {
    $client = new Swoole\Coroutine\Client(SWOOLE_SOCK_UDP | SWOOLE_SSL);
    $client->set($trusted);
    check('a coroutine', $client->connect('127.0.0.1', $port, patience(10)));
    $client->send("from a coroutine\n");
    check('is heard', $until('~from a coroutine~'), 'from a coroutine');
    $say('line');
    check('and hears', $client->recv(patience(10)), "line\n");
    check('a time limit', [@$client->recv(0.1), $client->errCode], [false, SOCKET_ETIMEDOUT]);
    $client->close();
});
$end();

[$port, $until, $say, $end] = $serve();
Co\run(function () use ($port, $until, $say, $certificates) {
    $socket = new Swoole\Coroutine\Socket(AF_INET, SOCK_DGRAM, 0);
    $socket->setProtocol(['open_ssl' => true, 'ssl_verify_peer' => true, 'ssl_cafile' => $certificates->path('ca.crt')]);
    check('a socket', $socket->connect('127.0.0.1', $port, patience(10)) ?: $socket->errMsg);
    $socket->send("from a socket\n");
    check('a socket is heard', $until('~from a socket~'), 'from a socket');
    $socket->close();
});
$end();

[$port, , , $end] = $serve();
$client = new Swoole\Client(SWOOLE_SOCK_UDP | SWOOLE_SSL);
$client->set(['ssl_verify_peer' => true]);
check('a certificate that nobody trusts', @$client->connect('127.0.0.1', $port, patience(10)), false);
$end();
$client = new Swoole\Client(SWOOLE_SOCK_UDP | SWOOLE_SSL);
check('nobody there', [@$client->connect('127.0.0.1', free_port(), patience(10)), $client->errCode], [false, SOCKET_ECONNREFUSED]);
$silent = stream_socket_server('udp://127.0.0.1:0', flags: STREAM_SERVER_BIND);
$client = new Swoole\Client(SWOOLE_SOCK_UDP | SWOOLE_SSL);
$begun = microtime(true);
check('somebody who says nothing', @$client->connect('127.0.0.1', (int) explode(':', stream_socket_get_name($silent, false))[1], 1.3), false);
check('is waited for as long as was said', microtime(true) - $begun > 1.2);
stream_set_blocking($silent, false);
for ($heard = 0; stream_socket_recvfrom($silent, 2000) !== false; $heard++);
check('and is asked again', $heard, 2);
$local = stream_socket_server('udg://' . ($path = temp_path('local')), flags: STREAM_SERVER_BIND);
Co\run(function () use ($path) {
    $client = new Swoole\Coroutine\Client(SWOOLE_SOCK_UNIX_DGRAM | SWOOLE_SSL);
    check('over local sockets it is not spoken', [@$client->connect($path, 0, 1), $client->errCode], [false, SWOOLE_ERROR_OPERATION_NOT_SUPPORT]);
});
--EXPECT--
ok: without cookies: connected
ok: without cookies: the server hears
ok: without cookies: and is heard
ok: with cookies: connected
ok: with cookies: the server hears
ok: with cookies: and is heard
ok: in small pieces: connected
ok: in small pieces: the server hears
ok: in small pieces: and is heard
ok: that asks who we are: connected
ok: that asks who we are: the server hears
ok: that asks who we are: and is heard
ok: a coroutine
ok: is heard
ok: and hears
ok: a time limit
ok: a socket
ok: a socket is heard
ok: a certificate that nobody trusts
ok: nobody there
ok: somebody who says nothing
ok: is waited for as long as was said
ok: and is asked again
ok: over local sockets it is not spoken
