--TEST--
Http\Client and WebSocket\Client through proxies: HTTP's CONNECT and SOCKS5, with and without a user; proxies that refuse, speak something else, end, and say nothing
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\Http\Client;
use Highper\WebSocket\Client as WebSocket;
use HighperTest\{Certificates, Proxy};
use Swoole\Coroutine\Socket;
use function HighperTest\{check, patience};

/** What a call throws, by the name of its class without the namespace, and its message. */
function fails(callable $do): array
{
    try {
        $do();
    } catch (Throwable $e) {
        return [substr(strrchr($e::class, '\\'), 1), $e->getMessage()];
    }
    return ['nothing', ''];
}

Co\run(function () {
    // A server that answers with the request's line, and does a handshake where one is wished for.
    $certificates = new Certificates();
    $certificates->leaf('server', 'target.test');
    $ports = [];
    foreach ([false, true] as $tls) {
        $listener = new Socket(2, SOCK_STREAM, 0);
        $listener->bind('127.0.0.1', 0);
        $listener->listen();
        $ports[$tls] = $listener->getSockName()['port'];
        $listeners[] = $listener;
        go(function () use ($listener, $tls, $certificates) {
            while ($peer = $listener->accept(-1)) {
                go(function () use ($peer, $tls, $certificates) {
                    if ($tls) {
                        $peer->setProtocol(['open_ssl' => true, 'ssl_cert_file' => $certificates->path('server.crt'), 'ssl_key_file' => $certificates->path('server.key')]);
                        if (!$peer->sslHandshake()) {
                            return;
                        }
                    }
                    while (($head = Proxy::head($peer)) !== '') {
                        if (preg_match('/Sec-WebSocket-Key: (\S+)/i', $head, $found)) {
                            $accept = base64_encode(sha1($found[1] . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11', true));
                            $peer->sendAll("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {$accept}\r\n\r\n\x81\x05hello");
                            $peer->recv(100, 5);
                            $peer->sendAll("\x88\x02\x03\xe8");
                            break;
                        }
                        $said = explode("\r\n", $head)[0];
                        $peer->sendAll("HTTP/1.1 200 OK\r\nContent-Length: " . strlen($said) . "\r\n\r\n{$said}");
                    }
                    $peer->close();
                });
            }
        });
    }
    $ca = $certificates->path('ca.crt');
    $said = function (string $address, array $settings): string {
        $connection = (new WebSocket($address, ...$settings))->connect();
        $text = $connection->receive(patience(5))->data;
        $connection->close();
        return $text;
    };

    foreach ([['without a user', null], ['with a user', 'ann:secret']] as [$how, $login]) {
        $at = $login ? "{$login}@127.0.0.1" : '127.0.0.1';
        foreach (['socks5', 'http'] as $kind) {
            foreach ([false, true] as $tls) {
                $scheme = $tls ? 's' : '';
                $proxy = Proxy::$kind($ports[$tls], $login);
                $through = ['proxy' => "{$kind}://{$at}:{$proxy->port}", 'verify' => $tls ? $ca : true];
                $client = new Client(...$through);
                // Without TLS an HTTP proxy is asked for the address itself: this one leads on what it is told to.
                if ($kind === 'socks5' || $tls) {
                    $asks = fn (string $path) => $client->get("http{$scheme}://target.test{$path}")->body();
                    check("{$kind} {$how}, http{$scheme}: requests", [$asks('/x'), $asks('/y')], ['GET /x HTTP/1.1', 'GET /y HTTP/1.1']);
                    check('by one connection', count(array_diff($proxy->asked, [$login])), 1);
                }
                check("{$kind} {$how}, ws{$scheme}: a message", $said("ws{$scheme}://target.test/feed", $through), 'hello');
                if ($kind === 'http') {
                    check('what it was asked for', explode("\r\n", end($proxy->asked))[0], 'CONNECT target.test:' . ($tls ? 443 : 80) . ' HTTP/1.1');
                } else {
                    check('what it was asked for', end($proxy->asked), 'target.test:' . ($tls ? 443 : 80));
                }
                $proxy->close();
            }
        }
    }
    foreach (["HTTP/1.0 200\r\n\r\n", "HTTP/1.1 204 No Content\r\nVia: x\r\n\r\n"] as $yes) {
        $proxy = Proxy::http($ports[true], null, $yes);
        check('a tunnel by ' . strtok($yes, "\r"), (new Client(proxy: "http://127.0.0.1:{$proxy->port}", verify: $ca))->get('https://target.test/x')->body(), 'GET /x HTTP/1.1');
        $proxy->close();
    }

    // What goes wrong: an exception that says so, in time, without the password.
    $after = fn (int $bytes, string ...$answers) => function (Socket $peer) use ($bytes, $answers) {
        $peer->recvAll($bytes, 5);
        foreach ($answers as $answer) {
            $peer->sendAll($answer);
            $peer->recv(65536, 0.05);
        }
    };
    $head = fn (string $answer) => function (Socket $peer) use ($answer) {
        Proxy::head($peer);
        $peer->sendAll($answer);
    };
    $silent = function (Socket $peer) {
        while (($data = $peer->recv(65536, 10)) !== '' && $data !== false);
    };
    $drops = function (Socket $peer) {
        $peer->recv(65536, 5);
        for ($i = 0; $i < 2000 && $peer->sendAll('x'); $i++) {
            Co::sleep(0.005);
        }
    };
    foreach ([
        'SOCKS5: another version' => ['socks5://', $after(3, "\4\0"), 'does not speak SOCKS5'],
        'SOCKS5: no method' => ['socks5://', $after(3, "\5\xff"), 'another way to log in'],
        'SOCKS5: HTTP' => ['socks5://', $after(3, "HTTP/1.1 400 Bad Request\r\n\r\n"), 'does not speak SOCKS5'],
        'SOCKS5: half an answer' => ['socks5://', $after(3, "\5"), 'the proxy'],
        'SOCKS5: no answer' => ['socks5://', fn () => null, 'the proxy'],
        'SOCKS5: forbidden' => ['socks5://', $after(3, "\5\0", "\5\2\0\1\0\0\0\0\0\0"), 'rules forbid'],
        'SOCKS5: unreachable' => ['socks5://', $after(3, "\5\0", "\5\4\0\1\0\0\0\0\0\0"), 'host unreachable'],
        'SOCKS5: something else' => ['socks5://', $after(3, "\5\0", "\5\x63\0\1\0\0\0\0\0\0"), 'general failure'],
        'SOCKS5: the second answer of another version' => ['socks5://', $after(3, "\5\0", "\0\0\0\1\0\0\0\0\0\0"), 'does not speak SOCKS5'],
        'SOCKS5: a wrong password' => ['socks5://ann:secret@', $after(3, "\5\2", "\1\1"), 'refused the user'],
        'SOCKS5: no log-in' => ['socks5://ann:secret@', $after(3, "\5\0"), 'another way to log in'],
        'SOCKS5: silence' => ['socks5://', $silent, 'connect_timeout'],
        'a tunnel: forbidden' => ['http://ann:secret@', $head("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"), '403 Forbidden'],
        'a tunnel: who are you' => ['http://ann:secret@', $head("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), '407 Proxy'],
        'a tunnel: garbage' => ['http://', $head(str_repeat("\x00\xff", 5000) . "\r\n\r\n"), 'wrong http_proxy response'],
        'a tunnel: half an answer' => ['http://', $head("HTTP/1.1 200 OK\r\n"), 'the proxy'],
        'a tunnel: no answer' => ['http://', fn () => null, 'the proxy'],
        'a tunnel: an answer without an end' => ['http://', $head('HTTP/1.1 200 OK' . str_repeat("\r\nX: " . str_repeat('x', 1000), 100)), 'the proxy'],
        'a tunnel: silence' => ['http://', $silent, 'connect_timeout'],
        'a tunnel: byte by byte' => ['http://', $drops, 'connect_timeout'],
        'nobody there' => ['http://', null, 'refused'],
    ] as $what => [$start, $each, $why]) {
        $proxy = $each ? Proxy::raw($each) : null;
        $settings = ['proxy' => $start . '127.0.0.1:' . ($proxy->port ?? HighperTest\free_port()), 'connect_timeout' => $why === 'connect_timeout' ? 0.2 : patience(5)];
        foreach (['a request' => fn () => (new Client(...$settings))->get('https://target.test/x'), 'a handshake' => fn () => (new WebSocket('wss://target.test/feed', ...$settings))->connect()] as $of => $do) {
            $since = microtime(true);
            [$class, $message] = fails($do);
            $late = microtime(true) - $since > patience(5);
            check("{$what}: {$of}", [$class, $late, str_contains($message, $why) ?: $message, str_contains($message, 'secret'), strlen($message) < 1500],
                [$why === 'connect_timeout' && $of === 'a handshake' ? 'ClientTimeoutException' : 'ClientConnectException', false, true, false, true]);
        }
        $proxy?->close();
    }
    foreach ($listeners as $open) {
        $open->close();
    }
});
echo "done\n";
?>
--EXPECT--
ok: socks5 without a user, http: requests
ok: by one connection
ok: socks5 without a user, ws: a message
ok: what it was asked for
ok: socks5 without a user, https: requests
ok: by one connection
ok: socks5 without a user, wss: a message
ok: what it was asked for
ok: http without a user, ws: a message
ok: what it was asked for
ok: http without a user, https: requests
ok: by one connection
ok: http without a user, wss: a message
ok: what it was asked for
ok: socks5 with a user, http: requests
ok: by one connection
ok: socks5 with a user, ws: a message
ok: what it was asked for
ok: socks5 with a user, https: requests
ok: by one connection
ok: socks5 with a user, wss: a message
ok: what it was asked for
ok: http with a user, ws: a message
ok: what it was asked for
ok: http with a user, https: requests
ok: by one connection
ok: http with a user, wss: a message
ok: what it was asked for
ok: a tunnel by HTTP/1.0 200
ok: a tunnel by HTTP/1.1 204 No Content
ok: SOCKS5: another version: a request
ok: SOCKS5: another version: a handshake
ok: SOCKS5: no method: a request
ok: SOCKS5: no method: a handshake
ok: SOCKS5: HTTP: a request
ok: SOCKS5: HTTP: a handshake
ok: SOCKS5: half an answer: a request
ok: SOCKS5: half an answer: a handshake
ok: SOCKS5: no answer: a request
ok: SOCKS5: no answer: a handshake
ok: SOCKS5: forbidden: a request
ok: SOCKS5: forbidden: a handshake
ok: SOCKS5: unreachable: a request
ok: SOCKS5: unreachable: a handshake
ok: SOCKS5: something else: a request
ok: SOCKS5: something else: a handshake
ok: SOCKS5: the second answer of another version: a request
ok: SOCKS5: the second answer of another version: a handshake
ok: SOCKS5: a wrong password: a request
ok: SOCKS5: a wrong password: a handshake
ok: SOCKS5: no log-in: a request
ok: SOCKS5: no log-in: a handshake
ok: SOCKS5: silence: a request
ok: SOCKS5: silence: a handshake
ok: a tunnel: forbidden: a request
ok: a tunnel: forbidden: a handshake
ok: a tunnel: who are you: a request
ok: a tunnel: who are you: a handshake
ok: a tunnel: garbage: a request
ok: a tunnel: garbage: a handshake
ok: a tunnel: half an answer: a request
ok: a tunnel: half an answer: a handshake
ok: a tunnel: no answer: a request
ok: a tunnel: no answer: a handshake
ok: a tunnel: an answer without an end: a request
ok: a tunnel: an answer without an end: a handshake
ok: a tunnel: silence: a request
ok: a tunnel: silence: a handshake
ok: a tunnel: byte by byte: a request
ok: a tunnel: byte by byte: a handshake
ok: nobody there: a request
ok: nobody there: a handshake
done
