--TEST--
Coroutine\Http\Client: what requests look like, keep-alive, cookies, forms, uploads
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/raw.php';
use Swoole\Coroutine\Http\Client;
use Swoole\Coroutine\Socket;
use function HighperTest\check;

Co\run(function () {
    $seen = [];
    $connections = 0;
    [$listener, $port] = listen(function (Socket $peer) use (&$seen, &$connections) {
        $number = ++$connections;
        while (($data = request($peer)) !== '') {
            $seen[] = $data;
            $extra = str_contains($data, '/close') ? "Connection: close\r\n" : '';
            $peer->sendAll("HTTP/1.1 200 OK\r\n{$extra}X-Number: {$number}\r\nSet-Cookie: c{$number}=a%20b+c; path=/\r\nSet-Cookie: gone\r\nContent-Length: 2\r\n\r\nok");
            if ($extra) {
                return;
            }
        }
    });
    $client = new Client('127.0.0.1', $port);
    check('not connected yet', $client->connected, false);
    check('get', $client->get('/?a=b'), true);
    check('connected', [$client->connected, $client->socket instanceof Socket], [true, true]);
    check('request', $seen[0], "GET /?a=b HTTP/1.1\r\nHost: 127.0.0.1:{$port}\r\nConnection: keep-alive\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n");
    check('head out', $client->getHeaderOut() . "\r\n\r\n", $seen[0]);
    check('response', [$client->getStatusCode(), $client->getBody(), $client->getHeaders()['x-number'], $client->errCode], [200, 'ok', '1', 0]);
    check('set-cookie', $client->set_cookie_headers, ['c1=a%20b+c; path=/', 'gone']);
    check('cookies', $client->getCookies(), ['c1' => 'a b c', 0 => 'gone']);
    check('peer', $client->getpeername(), ['address' => '127.0.0.1', 'port' => $port]);
    check('own', $client->getsockname()['address'], '127.0.0.1');

    $client->setHeaders(['host' => 'other.test', 'X-One' => 1, 'content-length' => '99', 'X-Null' => null, 5 => 'no', 'Transfer-Encoding' => 'chunked']);
    $client->setBasicAuth('me', 'secret');
    check('post', $client->post('/', ['a' => 'x y', 'b' => ['c' => '&']]), true);
    [$head, $body] = explode("\r\n\r\n", $seen[1]);
    check('form', $body, 'a=x+y&b%5Bc%5D=%26');
    check('its head', explode("\r\n", $head), [
        'POST / HTTP/1.1', 'Host: other.test', 'X-One: 1', 'Authorization: Basic ' . base64_encode('me:secret'),
        'Connection: keep-alive', 'Accept-Encoding: gzip, deflate, br', 'Cookie: c1=a+b+c',
        'Content-Type: application/x-www-form-urlencoded', 'Content-Length: ' . strlen($body),
    ]);
    check('one connection', $connections, 1);

    $client->setHeaders([]);
    $client->setMethod('PUT');
    $client->setData('raw');
    $client->execute('/put');
    check('method and raw body', [strtok($seen[2], ' '), explode("\r\n\r\n", $seen[2])[1]], ['PUT', 'raw']);

    file_put_contents(getenv('TEST_TMP') . '/up.txt', '0123456789');
    check('file', $client->addFile(getenv('TEST_TMP') . '/up.txt', "na\"\r\nme", offset: 2, length: 3), true);
    check('data', $client->addData('inline', 'two', 'x/y', 'n.bin'), true);
    check('upload', $client->post('/up', ['field' => 'v']), true);
    preg_match('/boundary=(\S+)/', $seen[3], $found);
    $line = "--{$found[1]}\r\nContent-Disposition: form-data; name=";
    check('parts', explode("\r\n\r\n", $seen[3], 2)[1],
        "{$line}\"field\"\r\n\r\nv\r\n"
        . "{$line}\"na%22%0D%0Ame\"; filename=\"up.txt\"\r\nContent-Type: text/plain\r\n\r\n234\r\n"
        . "{$line}\"two\"; filename=\"n.bin\"\r\nContent-Type: x/y\r\n\r\ninline\r\n--{$found[1]}--\r\n");
    check('uploads are for one request', $client->uploadFiles, null);
    check('no such file', @$client->addFile('/nowhere', 'x'), false);
    check('beyond the end', @$client->addFile(getenv('TEST_TMP') . '/up.txt', 'x', offset: 10), false);

    $large = random_bytes(3_000_000);
    check('large body', $client->post('/large', $large), true);
    check('arrived', md5(explode("\r\n\r\n", $seen[4], 2)[1]), md5($large));
    check('still one connection', $connections, 1);

    check('the server closes', [$client->get('/close'), $client->connected], [true, false]);
    check('and a new one is made', [$client->get('/'), $connections], [true, 2]);
    $client->set(['keep_alive' => false, 'http_compression' => false]);
    check('no keep-alive', [$client->get('/'), $client->connected], [true, false]);
    check('said so', str_contains(end($seen), "Connection: close\r\n") && !str_contains(end($seen), 'Accept-Encoding'), true);
    check('close without a connection', $client->close(), false);

    $client = new Client('127.0.0.1', $port);
    $client->setDefer();
    check('deferred', [$client->get('/'), $client->statusCode, $client->getDefer()], [true, 0, true]);
    check('received', [$client->recv(), $client->body], [true, 'ok']);
    check('nothing more to receive', $client->recv(), false);

    foreach ([["/\r\nX: y", []], ['/', ['X' => "a\r\nY: b"]], ['/', ["X: y\r\nZ" => '1']], ['', []]] as [$path, $headers]) {
        $client->setHeaders($headers);
        check('refused', [$client->get($path), $client->errCode], [false, SWOOLE_ERROR_INVALID_PARAMS]);
    }
    $listener->close();
});
echo "done\n";
?>
--EXPECT--
ok: not connected yet
ok: get
ok: connected
ok: request
ok: head out
ok: response
ok: set-cookie
ok: cookies
ok: peer
ok: own
ok: post
ok: form
ok: its head
ok: one connection
ok: method and raw body
ok: file
ok: data
ok: upload
ok: parts
ok: uploads are for one request
ok: no such file
ok: beyond the end
ok: large body
ok: arrived
ok: still one connection
ok: the server closes
ok: and a new one is made
ok: no keep-alive
ok: said so
ok: close without a connection
ok: deferred
ok: received
ok: nothing more to receive
ok: refused
ok: refused
ok: refused
ok: refused
done
