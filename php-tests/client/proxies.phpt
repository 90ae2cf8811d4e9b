--TEST--
Coroutine\Http\Client and Coroutine\Client through proxies: HTTP's CONNECT and SOCKS5, with and without a user; proxies that refuse, speak something else, end, and say nothing
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/raw.php';
use HighperTest\{Certificates, Proxy};
use Swoole\Coroutine\Http\Client;
use Swoole\Coroutine\Socket;
use function HighperTest\check;

/** What comes of a request: done?, status, body. */
function outcome(Client $client, string $path = '/x'): array
{
    return [$client->get($path), $client->statusCode, $client->body];
}

Co\run(function () {
    $answer = function (Socket $peer) {
        while (($head = request($peer)) !== '') {
            $said = explode("\r\n", $head)[0];
            $peer->sendAll('HTTP/1.1 200 OK' . "\r\nContent-Length: " . strlen($said) . "\r\n\r\n{$said}");
        }
    };
    [$plain, $port] = listen($answer);
    $certificates = new Certificates();
    $certificates->leaf('server', 'localhost');
    [$secure, $securePort] = listen(function (Socket $peer) use ($answer, $certificates) {
        $peer->setProtocol(['open_ssl' => true, 'ssl_cert_file' => $certificates->path('server.crt'), 'ssl_key_file' => $certificates->path('server.key')]);
        if ($peer->sslHandshake()) {
            $answer($peer);
        }
    });
    $timeout = HighperTest\patience(5);

    // SOCKS5: by name, by address, by TLS; two requests use one connection.
    foreach ([['without a user', null], ['with a user', 'ann:secret']] as [$how, $login]) {
        $proxy = Proxy::socks5($port, $login);
        [$user, $password] = explode(':', "{$login}:");
        $socks = ['socks5_host' => '127.0.0.1', 'socks5_port' => $proxy->port, 'timeout' => $timeout] + ($login ? ['socks5_username' => $user, 'socks5_password' => $password] : []);
        foreach (['target.test', '192.0.2.7', '2001:db8::7'] as $host) {
            $client = new Client($host, 8080);
            $client->set($socks);
            check("SOCKS5 {$how}, {$host}", [outcome($client), outcome($client, '/y')], [[true, 200, 'GET /x HTTP/1.1'], [true, 200, 'GET /y HTTP/1.1']]);
        }
        check('what it was asked for', array_values(array_diff($proxy->asked, [$login])), ['target.test:8080', '192.0.2.7:8080', '2001:db8::7:8080']);
        check('whom it knows', count(array_keys($proxy->asked, $login)), $login ? 3 : 0);
        $proxy->close();
        $proxy = Proxy::socks5($securePort, $login);
        $client = new Client('localhost', 8443, true);
        $client->set(['socks5_port' => $proxy->port, 'ssl_cafile' => $certificates->path('ca.crt'), 'ssl_verify_peer' => true, 'ssl_host_name' => 'localhost'] + $socks);
        check("SOCKS5 {$how}, TLS", outcome($client), [true, 200, 'GET /x HTTP/1.1']);
        $proxy->close();
    }

    // HTTP: TLS goes by a tunnel.
    foreach ([['without a user', null], ['with a user', 'ann:secret']] as [$how, $login]) {
        $proxy = Proxy::http($securePort, $login);
        [$user, $password] = explode(':', "{$login}:");
        $client = new Client('localhost', 8443, true);
        $client->set(['http_proxy_host' => '127.0.0.1', 'http_proxy_port' => $proxy->port, 'timeout' => $timeout, 'ssl_cafile' => $certificates->path('ca.crt'), 'ssl_verify_peer' => true]
            + ($login ? ['http_proxy_user' => $user, 'http_proxy_password' => $password] : []));
        check("a tunnel {$how}", [outcome($client), outcome($client, '/y')], [[true, 200, 'GET /x HTTP/1.1'], [true, 200, 'GET /y HTTP/1.1']]);
        check('one for both', [count($proxy->asked), explode("\r\n", $proxy->asked[0])[0], str_contains($proxy->asked[0], 'Proxy-Authorization')], [1, 'CONNECT localhost:8443 HTTP/1.1', $login !== null]);
        $proxy->close();
    }
    foreach (["HTTP/1.0 200\r\n\r\n", "HTTP/1.1 204 No Content\r\nVia: x\r\n\r\n"] as $yes) {
        $proxy = Proxy::http($securePort, null, $yes);
        $client = new Client('localhost', 8443, true);
        $client->set(['http_proxy_host' => '127.0.0.1', 'http_proxy_port' => $proxy->port, 'timeout' => $timeout]);
        check('a tunnel by ' . strtok($yes, "\r"), outcome($client), [true, 200, 'GET /x HTTP/1.1']);
        $proxy->close();
    }

    // TCP clients go by tunnels, too.
    foreach (['http' => Proxy::http($port, 'u:p'), 'socks5' => Proxy::socks5($port, 'u:p')] as $kind => $proxy) {
        $client = new Swoole\Coroutine\Client(SWOOLE_SOCK_TCP);
        $prefix = $kind === 'http' ? 'http_proxy' : 'socks5';
        $client->set(["{$prefix}_host" => '127.0.0.1', "{$prefix}_port" => $proxy->port, ($kind === 'http' ? 'http_proxy_user' : 'socks5_username') => 'u', "{$prefix}_password" => 'p', 'timeout' => $timeout]);
        $done = $client->connect('target.test', 80);
        $client->send("GET /tcp HTTP/1.1\r\n\r\n");
        check("a TCP client by {$kind}", [$done, str_ends_with($client->recv(), "GET /tcp HTTP/1.1")], [true, true]);
        $client->close();
        $proxy->close();
    }

    // What goes wrong: no answer is made up, no wait is without an end, and the client is as good as before.
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
        // Until the client gives up.
        while (($data = $peer->recv(65536, 10)) !== '' && $data !== false);
    };
    $drops = fn (string $answer) => function (Socket $peer) use ($answer) {
        // A byte now and then would go on for ever.
        $peer->recv(65536, 5);
        for ($i = 0; $i < 2000 && $peer->sendAll($answer); $i++) {
            Co::sleep(0.005);
        }
    };
    $wrong = [
        'SOCKS5: another version' => ['socks5', $after(3, "\4\0")],
        'SOCKS5: no method' => ['socks5', $after(3, "\5\xff")],
        'SOCKS5: a method that was not offered' => ['socks5', $after(3, "\5\2")],
        'SOCKS5: HTTP' => ['socks5', $after(3, "HTTP/1.1 400 Bad Request\r\n\r\n")],
        'SOCKS5: half an answer' => ['socks5', $after(3, "\5")],
        'SOCKS5: no answer' => ['socks5', fn () => null],
        'SOCKS5: forbidden' => ['socks5', $after(3, "\5\0", "\5\2\0\1\0\0\0\0\0\0")],
        'SOCKS5: unreachable' => ['socks5', $after(3, "\5\0", "\5\4\0\1\0\0\0\0\0\0")],
        'SOCKS5: something else' => ['socks5', $after(3, "\5\0", "\5\x63\0\1\0\0\0\0\0\0")],
        'SOCKS5: an address of no type' => ['socks5', $after(3, "\5\0", "\5\0\0\7\0\0\0\0\0\0")],
        'SOCKS5: the second answer of another version' => ['socks5', $after(3, "\5\0", "\0\0\0\1\0\0\0\0\0\0")],
        'SOCKS5: half the second answer' => ['socks5', $after(3, "\5\0", "\5\0\0\3\xff12")],
        'SOCKS5: silence' => ['socks5', $silent],
        'SOCKS5: a wrong password' => ['socks5 as ann', $after(3, "\5\2", "\1\1")],
        'SOCKS5: no log-in' => ['socks5 as ann', $after(3, "\5\0")],
        'a tunnel: forbidden' => ['http', $head("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")],
        'a tunnel: who are you' => ['http', $head("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")],
        'a tunnel: garbage' => ['http', $head(random_bytes(100) . "\r\n\r\n")],
        'a tunnel: another protocol' => ['http', $head("SSH-2.0-OpenSSH 200 x\r\n\r\n")],
        'a tunnel: a number that is none' => ['http', $head("HTTP/1.1 2000 OK\r\n\r\n")],
        'a tunnel: half an answer' => ['http', $head("HTTP/1.1 200 OK\r\n")],
        'a tunnel: no answer' => ['http', fn () => null],
        'a tunnel: an answer without an end' => ['http', $head('HTTP/1.1 200 OK' . str_repeat("\r\nX: " . str_repeat('x', 1000), 100))],
        'a tunnel: silence' => ['http', $silent],
        'a tunnel: byte by byte' => ['http', $drops('x')],
        'a proxy: forbidden' => ['spoken to', $head("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")],
        'a proxy: garbage' => ['spoken to', $head(random_bytes(100) . "\r\n\r\n")],
        'a proxy: silence' => ['spoken to', $silent],
        'nobody there' => ['socks5', null],
    ];
    foreach ($wrong as $what => [$kind, $each]) {
        $proxy = $each ? Proxy::raw($each) : null;
        $own = ['host' => '127.0.0.1', 'port' => $proxy->port ?? HighperTest\free_port()];
        if ($kind === 'socks5 as ann') {
            $own += ['username' => 'ann', 'password' => 'secret'];
        }
        $prefix = str_starts_with($kind, 'socks5') ? 'socks5_' : 'http_proxy_';
        $settings = [];
        foreach ($own as $name => $value) {
            $settings[$prefix . $name] = $value;
        }
        $client = $kind === 'spoken to' ? new Client('target.test', 80) : new Client('localhost', 443, true);
        // Long enough for all that ends by itself.
        $ends = str_ends_with($what, 'silence') || str_ends_with($what, 'byte');
        $client->set($settings + ['timeout' => $ends ? 0.2 : $timeout]);
        $since = microtime(true);
        $done = @$client->get('/x');
        $late = microtime(true) - $since > ($ends ? $timeout : 2 * $timeout);
        $seen = [$done, $client->statusCode === 403 || $client->statusCode < 0, $client->errCode !== 0, $late, str_contains($client->errMsg, 'secret')];
        $proxy?->close();
        // The same object, by a proxy that does as it should.
        $good = $kind === 'spoken to' ? null : Proxy::socks5($securePort, 'ann:secret');
        $client->set(['timeout' => $timeout] + match ($kind) {
            'spoken to' => ['http_proxy_port' => $port],
            default => ['socks5_host' => '127.0.0.1', 'socks5_port' => $good->port, 'socks5_username' => 'ann', 'socks5_password' => 'secret'],
        });
        $client->close();
        check($what, [$seen, outcome($client)], [$what === 'a proxy: forbidden' ? [true, true, false, false, false] : [false, true, true, false, false], [true, 200, $kind === 'spoken to' ? 'GET http://target.test:80/x HTTP/1.1' : 'GET /x HTTP/1.1']]);
        $good?->close();
    }
    foreach ([$plain, $secure] as $open) {
        $open->close();
    }
});
echo "done\n";
?>
--EXPECT--
ok: SOCKS5 without a user, target.test
ok: SOCKS5 without a user, 192.0.2.7
ok: SOCKS5 without a user, 2001:db8::7
ok: what it was asked for
ok: whom it knows
ok: SOCKS5 without a user, TLS
ok: SOCKS5 with a user, target.test
ok: SOCKS5 with a user, 192.0.2.7
ok: SOCKS5 with a user, 2001:db8::7
ok: what it was asked for
ok: whom it knows
ok: SOCKS5 with a user, TLS
ok: a tunnel without a user
ok: one for both
ok: a tunnel with a user
ok: one for both
ok: a tunnel by HTTP/1.0 200
ok: a tunnel by HTTP/1.1 204 No Content
ok: a TCP client by http
ok: a TCP client by socks5
ok: SOCKS5: another version
ok: SOCKS5: no method
ok: SOCKS5: a method that was not offered
ok: SOCKS5: HTTP
ok: SOCKS5: half an answer
ok: SOCKS5: no answer
ok: SOCKS5: forbidden
ok: SOCKS5: unreachable
ok: SOCKS5: something else
ok: SOCKS5: an address of no type
ok: SOCKS5: the second answer of another version
ok: SOCKS5: half the second answer
ok: SOCKS5: silence
ok: SOCKS5: a wrong password
ok: SOCKS5: no log-in
ok: a tunnel: forbidden
ok: a tunnel: who are you
ok: a tunnel: garbage
ok: a tunnel: another protocol
ok: a tunnel: a number that is none
ok: a tunnel: half an answer
ok: a tunnel: no answer
ok: a tunnel: an answer without an end
ok: a tunnel: silence
ok: a tunnel: byte by byte
ok: a proxy: forbidden
ok: a proxy: garbage
ok: a proxy: silence
ok: nobody there
done
