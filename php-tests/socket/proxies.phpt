--TEST--
Coroutine\Client through an HTTP and a SOCKS5 proxy: with names and passwords, and refused
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Swoole\Coroutine\{Client, Socket};
use function HighperTest\check;

/** Serves connections on a port of its own, each in a coroutine. */
function serve(callable $each): array
{
    $listener = new Socket(AF_INET, SOCK_STREAM, 0);
    $listener->bind('127.0.0.1', 0);
    $listener->listen();
    go(function () use ($listener, $each) {
        while ($peer = $listener->accept()) {
            go(fn () => $each($peer));
        }
    });
    return [$listener, $listener->getSockName()['port']];
}

function echoes(Socket $peer): void
{
    while (($data = $peer->recv()) !== '' && $data !== false) {
        $peer->sendAll(strtoupper($data));
    }
}

Co\run(function () {
    $seen = [];
    // Both proxies play the target themselves: what matters is what the client says first.
    [$http, $httpPort] = serve(function (Socket $peer) use (&$seen) {
        $head = '';
        while (!str_contains($head, "\r\n\r\n")) {
            $head .= $peer->recv();
        }
        $seen[] = $head;
        if (str_contains($head, 'refuse.test')) {
            $peer->sendAll("HTTP/1.1 403 Forbidden\r\n\r\n");
            return $peer->close();
        }
        $peer->sendAll("HTTP/1.1 200 Connection Established\r\n\r\n");
        echoes($peer);
    });
    [$socks, $socksPort] = serve(function (Socket $peer) use (&$seen) {
        [, $count] = array_values(unpack('Cversion/Ccount', $peer->recvAll(2)));
        $methods = $peer->recvAll($count);
        if (str_contains($methods, "\x02")) {
            $peer->sendAll("\x05\x02");
            $peer->recvAll(1);
            $name = $peer->recvAll(ord($peer->recvAll(1)));
            $password = $peer->recvAll(ord($peer->recvAll(1)));
            $seen[] = "{$name}:{$password}";
            $peer->sendAll("\x01" . ($password === 'right' ? "\x00" : "\x01"));
            if ($password !== 'right') {
                return $peer->close();
            }
        } else {
            $peer->sendAll("\x05\x00");
        }
        $kind = ord(substr($peer->recvAll(4), 3));
        $address = $kind === 3 ? $peer->recvAll(ord($peer->recvAll(1))) : inet_ntop($peer->recvAll($kind === 1 ? 4 : 16));
        $seen[] = $address . ':' . unpack('n', $peer->recvAll(2))[1];
        $peer->sendAll("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00");
        echoes($peer);
    });
    $through = function (array $settings, string $host, int $port) use (&$seen): array {
        $seen = [];
        $client = new Client(SWOOLE_SOCK_TCP);
        $client->set($settings + ['timeout' => 2]);
        $connected = @$client->connect($host, $port, 2);
        $answer = $connected && $client->send('hello') ? $client->recv(2) : false;
        $client->close();
        return [$connected, $answer];
    };

    $proxy = ['http_proxy_host' => '127.0.0.1', 'http_proxy_port' => $httpPort];
    check('http', $through($proxy, 'target.test', 4321), [true, 'HELLO']);
    check('asks for the target', str_starts_with($seen[0], 'CONNECT target.test:4321 HTTP/1.1'));
    check('http with a password', $through($proxy + ['http_proxy_user' => 'me', 'http_proxy_password' => 'pw'], 'target.test', 1), [true, 'HELLO']);
    check('sends it', str_contains($seen[0], 'Proxy-Authorization: Basic ' . base64_encode('me:pw')));
    check('http refused', $through($proxy, 'refuse.test', 4321), [false, false]);

    $proxy = ['socks5_host' => '127.0.0.1', 'socks5_port' => $socksPort];
    check('socks5', $through($proxy, 'target.test', 4321), [true, 'HELLO']);
    check('asks for the target by its name', $seen, ['target.test:4321']);
    check('socks5 with a password', $through($proxy + ['socks5_username' => 'me', 'socks5_password' => 'right'], '127.0.0.1', 80), [true, 'HELLO']);
    check('sends it, and the address', $seen, ['me:right', '127.0.0.1:80']);
    check('socks5 with a wrong password', $through($proxy + ['socks5_username' => 'me', 'socks5_password' => 'no'], 'target.test', 80), [false, false]);
    $http->close();
    $socks->close();
});
--EXPECTREGEX--
\A(?:ok: [^\n]+\n?){10}\Z
