--TEST--
Coroutine\Http\Client: cancelled, closed and let go of in each phase; time-outs of connections; TLS
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/raw.php';
use Swoole\Coroutine\Http\Client;
use Swoole\Coroutine\Socket;
use function HighperTest\check;

Co\run(function () {
    $head = "HTTP/1.1 200 OK\r\n";
    [$listener, $port] = listen(function (Socket $peer) use ($head) {
        $data = request($peer);
        if (str_contains($data, '/half')) {
            $peer->sendAll("{$head}Content-Length: 9\r\n\r\nhalf");
        }
        // Until the client has gone.
        $peer->recv(1, 5);
    });
    // A listener that takes no connections: its queue is full after a few.
    $deaf = new Socket(AF_INET, SOCK_STREAM, 0);
    $deaf->bind('127.0.0.1', 0);
    $deaf->listen(1);
    $deafPort = $deaf->getSockName()['port'];
    $held = [];
    for ($n = 0; $n < 4; $n++) {
        $held[] = $socket = new Socket(AF_INET, SOCK_STREAM, 0);
        $socket->connect('127.0.0.1', $deafPort, 0.05);
    }

    $phases = [
        'connecting' => [$deafPort, fn (Client $client) => $client->get('/')],
        'waiting' => [$port, fn (Client $client) => $client->get('/')],
        'reading' => [$port, fn (Client $client) => $client->get('/half')],
    ];
    foreach ($phases as $name => [$to, $ask]) {
        foreach (['cancel', 'throw', 'close', 'time out'] as $how) {
            $client = new Client('127.0.0.1', $to);
            $client->set(['timeout' => $how === 'time out' ? 0.05 : 5, 'connect_timeout' => $how === 'time out' ? 0.05 : 5]);
            $result = null;
            $id = go(function () use ($client, $ask, &$result) {
                try {
                    $result = [$ask($client), $client->statusCode, $client->errCode, $client->connected, $client->body];
                } catch (Throwable $thrown) {
                    $result = [get_class($thrown), $client->statusCode, $client->connected];
                }
            });
            Co::sleep(0.02);
            match ($how) {
                'cancel' => Co::cancel($id),
                'throw' => Co::cancel($id, true),
                'close' => $client->close(),
                'time out' => Co::sleep(0.1),
            };
            Co::sleep(0.01);
            $status = $name === 'connecting' ? SWOOLE_HTTP_CLIENT_ESTATUS_CONNECT_FAILED : SWOOLE_HTTP_CLIENT_ESTATUS_SERVER_RESET;
            check("{$how} while {$name}", $result, match ($how) {
                'cancel' => [false, $status, SOCKET_ECANCELED, false, ''],
                'close' => [false, $status, $name === 'connecting' ? SOCKET_ECONNABORTED : SOCKET_ECANCELED, false, ''],
                'throw' => ['Swoole\Coroutine\CanceledException', $status, false],
                'time out' => [false, $name === 'connecting' ? $status : SWOOLE_HTTP_CLIENT_ESTATUS_REQUEST_TIMEOUT, SOCKET_ETIMEDOUT, false, ''],
            });
        }
    }
    // Another request on the client after each end.
    [$again, $againPort] = listen(function (Socket $peer) use ($head) {
        while (request($peer) !== '') {
            $peer->sendAll("{$head}Content-Length: 2\r\n\r\nok");
        }
    });
    $client = new Client('127.0.0.1', $againPort);
    check('again', [$client->get('/'), $client->body], [true, 'ok']);
    $client->socket->close();
    check('the socket was closed under it', [$client->get('/'), $client->body, $client->statusCode], [true, 'ok', 200]);

    // The only variable that holds a client goes while its request is under way.
    $client = new Client('127.0.0.1', $port);
    $weak = WeakReference::create($client);
    $id = go(fn () => (function () use (&$client) { $client->get('/'); })());
    $client = null;
    Co::sleep(0.01);
    check('held by its call', $weak->get() !== null);
    Co::cancel($id);
    Co::sleep(0.01);
    check('and gone with it', $weak->get(), null);

    $nobody = new Socket(AF_INET, SOCK_STREAM, 0);
    $nobody->bind('127.0.0.1', 0);
    $client = new Client('127.0.0.1', $nobody->getSockName()['port']);
    $client->set(['max_retries' => 2]);
    check('refused', [$client->get('/'), $client->errCode, $client->statusCode], [false, SOCKET_ECONNREFUSED, SWOOLE_HTTP_CLIENT_ESTATUS_CONNECT_FAILED]);
    check('no connection', [$client->getpeername(), $client->errCode], [false, SWOOLE_ERROR_CLIENT_NO_CONNECTION]);
    check('nor to receive on', [$client->recv(), $client->errCode], [false, SWOOLE_ERROR_CLIENT_NO_CONNECTION]);

    $path = getenv('TEST_TMP') . '/http.sock';
    $local = new Socket(AF_UNIX, SOCK_STREAM, 0);
    $local->bind($path);
    $local->listen();
    go(function () use ($local, $head) {
        $peer = $local->accept();
        while (($data = request($peer)) !== '') {
            $peer->sendAll("{$head}Content-Length: " . strlen($data) . "\r\n\r\n{$data}");
        }
    });
    $client = new Client("unix:/{$path}");
    check('local', [$client->get('/'), substr($client->body, 0, 34)], [true, "GET / HTTP/1.1\r\nHost: localhost\r\nC"]);
    unset($client);

    $retries = 0;
    [$busy, $busyPort] = listen(function (Socket $peer) use (&$retries) {
        request($peer);
        $peer->sendAll('HTTP/1.1 ' . (++$retries < 3 ? '503 Busy' : '200 OK') . "\r\nContent-Length: 1\r\n\r\n{$retries}");
        $peer->recv(1, 5);
    });
    $client = new Client('127.0.0.1', $busyPort);
    $client->set(['max_retries' => 3]);
    check('tries again after a 503', [$client->get('/'), $client->body, $retries], [true, '3', 3]);

    $proxied = '';
    [$proxy, $proxyPort] = listen(function (Socket $peer) use (&$proxied, $head) {
        $proxied = request($peer);
        $peer->sendAll("{$head}Content-Length: 0\r\n\r\n");
    });
    $client = new Client('target.test', 8080);
    $client->set(['http_proxy_host' => '127.0.0.1', 'http_proxy_port' => $proxyPort, 'http_proxy_user' => 'u', 'http_proxy_password' => 'p']);
    check('through a proxy', $client->get('/x'));
    check('which gets the whole address', explode("\r\n", $proxied)[0], 'GET http://target.test:8080/x HTTP/1.1');
    check('and the login', str_contains($proxied, "Proxy-Authorization: Basic " . base64_encode('u:p')));
    foreach ([$listener, $again, $busy, $proxy, $local] as $open) {
        $open->close();
    }
});
echo "done\n";
?>
--EXPECT--
ok: cancel while connecting
ok: throw while connecting
ok: close while connecting
ok: time out while connecting
ok: cancel while waiting
ok: throw while waiting
ok: close while waiting
ok: time out while waiting
ok: cancel while reading
ok: throw while reading
ok: close while reading
ok: time out while reading
ok: again
ok: the socket was closed under it
ok: held by its call
ok: and gone with it
ok: refused
ok: no connection
ok: nor to receive on
ok: local
ok: tries again after a 503
ok: through a proxy
ok: which gets the whole address
ok: and the login
done
