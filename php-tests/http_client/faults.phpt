--TEST--
Http\Client: servers that hang up, talk garbage, never answer or send too much; redirects, repetitions, pools, proxies, limits
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/serve.php';
use Highper\Http\{Client, ClientResponse};
use function Highper\{async, await, scope, timeout};
use function HighperTest\{check, free_port, temp_path, wait_until};

try {
scope(function () {
    // One server for all: what it does is in the path.
    $seen = [];
    $bomb = gzencode(str_repeat("\0", 20 << 20), 9);
    $port = serve(function ($peer, int $number) use (&$seen, $bomb) {
        while ($request = request($peer)) {
            $seen[] = $request + ['connection' => $number];
            $path = explode('?', explode(' ', $request['line'])[1] ?? '')[0];
            switch ($path) {
                case '/hangup': return;
                case '/cut': @fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"); return;
                case '/cut-head': @fwrite($peer, "HTTP/1.1 200 OK\r\nContent-"); return;
                case '/cut-chunk': @fwrite($peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"); return;
                case '/garbage': @fwrite($peer, "\0" . random_bytes(300)); return;
                case '/lengths': @fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"); return;
                case '/endless-head':
                    @fwrite($peer, "HTTP/1.1 200 OK\r\n");
                    while (@fwrite($peer, 'X-Much: ' . str_repeat('m', 1000) . "\r\n")) {
                    }
                    return;
                case '/huge': @fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\nx"); return;
                case '/endless':
                    @fwrite($peer, "HTTP/1.1 200 OK\r\n\r\n");
                    while (@fwrite($peer, str_repeat('e', 65536))) {
                    }
                    return;
                case '/bomb': @fwrite($peer, answer($bomb, headers: ['Content-Encoding' => 'gzip'])); break;
                case '/half-gzip': @fwrite($peer, answer(substr(gzencode(random_bytes(1000)), 0, 500), headers: ['Content-Encoding' => 'gzip'])); break;
                case '/no-gzip': @fwrite($peer, answer('not at all', headers: ['Content-Encoding' => 'gzip'])); break;
                case '/switch': @fwrite($peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"); return;
                case '/never': @fgets($peer); return;
                case '/then-close': @fwrite($peer, answer('bye')); return;
                case '/more': @fwrite($peer, answer('one') . answer('two')); break;
                case '/slow-body': @fwrite($peer, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"); @fgets($peer); return;
                default: @fwrite($peer, answer($path));
            }
        }
    });
    $at = "http://127.0.0.1:{$port}";
    $client = new Client(base: $at, timeout: 5.0, max_body: '1M');
    foreach (['hangup', 'cut', 'cut-head', 'cut-chunk', 'garbage', 'lengths', 'endless-head', 'huge', 'endless', 'bomb', 'half-gzip', 'no-gzip', 'switch'] as $what) {
        $class = fails(fn () => $client->get("/{$what}"), $why);
        $stats = $client->stats()['servers'][$at];
        echo "{$what}: {$class}: ", str_replace($at, '', $why), $stats['taken'] + $stats['idle'] === 0 ? '' : ' A CONNECTION IS LEFT', "\n";
    }
    check('more bytes than the limit by pieces', strlen($client->get('/bomb', stream: true)->body()), 20 << 20);
    $client->disconnect();

    check('never an answer', [fails(fn () => $client->get('/never?key=secret', timeout: 0.05), $why), str_replace($at, '', $why)], ['ClientTimeoutException', 'GET /never: no answer within 0.05 s (timeout)']);
    check('half a body', fails(fn () => $client->get('/slow-body', timeout: 0.05)), 'ClientTimeoutException');
    check('half a body by pieces', fails(fn () => $client->get('/slow-body', stream: true, timeout: 0.05)->body()), 'ClientTimeoutException');
    check("the scope's time", fails(fn () => timeout(0.05, fn () => $client->get('/never'))), 'DeadlineException');
    check("the scope's time while a body comes", fails(fn () => timeout(0.05, fn () => $client->get('/slow-body', stream: true)->body())), 'DeadlineException');
    $tasks = null;
    check('another task fails', fails(fn () => scope(function () use ($client, &$tasks) {
        $tasks = async(fn () => $client->get('/never'));
        async(function () { usleep(5000); throw new LogicException('other'); });
    })), 'LogicException');
    check('no connection of these is used again', [$client->stats()['servers'][$at]['idle'], $client->stats()['servers'][$at]['taken']], [0, 0]);
    $half = $client->get('/slow-body', stream: true);
    check('an answer that is let go', $client->stats()['servers'][$at]['taken'], 1);
    unset($half);
    check('gives its connection up', [$client->stats()['servers'][$at]['taken'], $client->stats()['servers'][$at]['idle']], [0, 0]);
    check('bytes that nobody asked for', [$client->get('/more')->body(), $client->stats()['servers'][$at]['idle'], $client->get('/x')->body()], ['one', 0, '/x']);

    check('no such name', [fails(fn () => (new Client(timeout: 60.0, connect_timeout: 60.0))->get('http://no-such-host.invalid/'), $why), $why], ['ClientConnectException', 'cannot connect to http://no-such-host.invalid: its name has no address; is it spelled right, and does the name server answer?']);
    $free = free_port();
    check('nobody listens', [fails(fn () => $client->get("http://127.0.0.1:{$free}/"), $why), $why], ['ClientConnectException', "cannot connect to http://127.0.0.1:{$free}: Connection refused (os error 111)"]);
    check('no TLS', fails(fn () => (new Client(connect_timeout: 0.2))->get("https://127.0.0.1:{$port}/hangup")), 'ClientConnectException');

    // A kept connection that the server has closed meanwhile.
    $kept = new Client(base: $at);
    foreach (['get', 'post'] as $method) {
        $kept->get('/then-close');
        usleep(20_000);
        check("{$method}() after the server has closed", $kept->$method('/y')->body(), '/y');
    }
    $dying = answering(function (array $request, int $number) {
        static $count = [];
        $count[$number] = ($count[$number] ?? 0) + 1;
        // Each connection answers once, and dies of the second request.
        return $count[$number] === 1 ? answer("{$number}") : null;
    });
    $kept = new Client(base: "http://127.0.0.1:{$dying}");
    check('the first', $kept->get('/')->body(), '1');
    check('a connection that dies of a request is replaced', $kept->get('/')->body(), '2');
    check('but a POST is not sent twice', [fails(fn () => $kept->post('/', ['x' => 1]), $why), str_replace("http://127.0.0.1:{$dying}", '', $why)], ['ClientConnectException', 'POST /: the server closed the connection before it answered']);

    // Repetitions.
    $tries = 0;
    $flaky = answering(function (array $request) use (&$tries) {
        $tries++;
        return match (true) {
            str_contains($request['line'], '/down') => answer('down', '503 Service Unavailable'),
            $tries < 3 => answer('busy', '503 Service Unavailable', ['Retry-After' => '0']),
            default => answer('well'),
        };
    });
    $again = new Client(base: "http://127.0.0.1:{$flaky}", retries: 3, retry_delay: 0.001);
    check('repeated until it is well', [$again->get('/')->body(), $tries, $again->stats()['retries']], ['well', 3, 2]);
    $tries = 0;
    check('not what is not idempotent', [$again->post('/')->status, $tries], [503, 1]);
    $tries = 0;
    check('three times at most', [$again->get('/down')->status, $tries], [503, 4]);
    $tries = 0;
    for ($n = 0; $n < 30; $n++) {
        $again->get('/down');
    }
    check('within the budget', [$tries > 30, $tries < 50], [true, true]);
    check('a server that can not be reached', fails(fn () => (new Client(retries: 2, retry_delay: 0.001))->post("http://127.0.0.1:{$free}/")), 'ClientConnectException');

    // Redirects.
    $other = answering(fn (array $request) => answer(json_encode($request)));
    $from = answering(function (array $request) use ($other) {
        [$method, $target] = explode(' ', $request['line']);
        return match ($target) {
            '/loop' => answer('', '302 Found', ['Location' => '/loop']),
            '/nowhere' => answer('', '302 Found', ['Location' => 'javascript:alert(1)']),
            '/plain' => answer('', '301 Moved Permanently', ['Location' => 'a/../b?c#d']),
            '/away' => answer(str_repeat('x', 100), '302 Found', ['Location' => "http://127.0.0.1:{$other}/there"]),
            '/see' => answer('', '303 See Other', ['Location' => '/done']),
            '/same' => answer('', '308 Permanent Redirect', ['Location' => '/done']),
            default => answer(json_encode($request)),
        };
    });
    $client = new Client(base: "http://127.0.0.1:{$from}", headers: ['Authorization' => 'mine', 'X-Kept' => '1']);
    $got = $client->get('/plain', headers: ['Cookie' => 'a=b']);
    check('a redirect', [$got->json('line'), $got->json('headers.authorization'), $got->json('headers.cookie'), $got->url, $got->redirects], ['GET /b?c HTTP/1.1', 'mine', 'a=b', "http://127.0.0.1:{$from}/b?c", 1]);
    $got = $client->get('/away', headers: ['Cookie' => 'a=b'])->json('headers');
    check('secrets stay behind', [isset($got['authorization']), isset($got['cookie']), $got['x-kept'], $got['host']], [false, false, '1', "127.0.0.1:{$other}"]);
    $got = $client->post('/see', ['x' => 1])->json();
    check('303 is a GET', [$got['line'], $got['body'], isset($got['headers']['content-type'])], ['GET /done HTTP/1.1', '', false]);
    $got = $client->put('/same', ['x' => 1])->json();
    check('308 is the same', [$got['line'], $got['body']], ['PUT /done HTTP/1.1', '{"x":1}']);
    check('a generator goes once', fails(fn () => $client->put('/same', body: (function () { yield 'x'; })())), 'ClientProtocolException');
    check('a loop', [fails(fn () => $client->get('/loop'), $why), substr($why, -52)], ['ClientProtocolException', 'more than 5 redirects, the last to /loop (redirects)']);
    check('nowhere', fails(fn () => $client->get('/nowhere')), 'ClientProtocolException');
    check('not followed', [$client->get('/loop', redirects: 0)->status, $client->get('/loop', redirects: 0)->header('location')], [302, '/loop']);

    // Pools.
    $small = new Client(base: $at, pool: ['max' => 1, 'wait' => 0.3, 'queue' => 1]);
    $task = async(fn () => fails(fn () => $small->get('/never', timeout: 60.0)));
    wait_until(fn () => $small->stats()['servers'][$at]['taken'] === 1, 'a connection that is taken');
    $late = async(fn () => fails(fn () => $small->get('/x'), $GLOBALS['late']));
    check('the queue is full', [fails(fn () => $small->get('/x'), $why), str_contains($why, '1 wait for one already; pool.max')], ['ClientPoolException', true]);
    check('none in time', [await($late), str_contains($GLOBALS['late'], 'none of the 1 became free within')], ['ClientPoolException', true]);
    $task->cancel();
    check('the one that had it', await($task), 'CancelledException');
    check('it goes on', $small->get('/x')->body(), '/x');

    // Not on the public internet.
    check('the guard', [fails(fn () => (new Client(private: false))->get("{$at}/x"), $why), $why], ['ClientException', "{$at} has the address 127.0.0.1, which is not on the public internet, and private: false forbids that"]);
    check('the guard, by name', fails(fn () => (new Client(private: false))->get("http://localhost:{$port}/x")), 'ClientException');

    // Proxies.
    $asked = [];
    $proxy = answering(function (array $request) use (&$asked) {
        $asked[] = [$request['line'], $request['headers']['proxy-authorization'] ?? null];
        return str_starts_with($request['line'], 'CONNECT') ? answer('', '403 Forbidden') : answer('by the proxy');
    });
    $through = new Client(proxy: "http://user:word@127.0.0.1:{$proxy}");
    check('an HTTP proxy', [$through->get('http://example.test/a?b')->body(), $asked], ['by the proxy', [['GET http://example.test/a?b HTTP/1.1', 'Basic ' . base64_encode('user:word')]]]);
    check('one that refuses a tunnel', [fails(fn () => $through->get('https://example.test/'), $why), str_contains($why, '403 Forbidden'), str_contains($why, 'word'), end($asked)[0]], ['ClientConnectException', true, false, 'CONNECT example.test:443 HTTP/1.1']);
    $socks = serve(function ($peer) {
        fread($peer, 3);
        @fwrite($peer, "\5\0");
        $said = fread($peer, 100);
        @fwrite($peer, "\5\0\0\1\0\0\0\0\0\0");
        request($peer);
        @fwrite($peer, answer(substr($said, 5, ord($said[4]))));
    });
    check('a SOCKS5 proxy', (new Client(proxy: "socks5://127.0.0.1:{$socks}"))->get('http://example.test/')->body(), 'example.test');

    // A local socket.
    $path = temp_path('http.sock');
    $listener = stream_socket_server("unix://{$path}");
    async(function () use ($listener) {
        $peer = stream_socket_accept($listener, 10);
        @fwrite($peer, answer(request($peer)['line']));
    });
    check('a local socket', (new Client(unix: $path))->get('http://docker/info')->body(), 'GET /info HTTP/1.1');
    throw new LogicException('done');
});
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
hangup: ClientConnectException: GET /hangup: the server closed the connection before it answered
cut: ClientConnectException: GET /cut: the connection was closed in the middle of the response
cut-head: ClientConnectException: GET /cut-head: the connection was closed in the middle of the response
cut-chunk: ClientConnectException: GET /cut-chunk: the connection was closed in the middle of the response
garbage: ClientProtocolException: GET /garbage: the response is not HTTP/1.1
lengths: ClientProtocolException: GET /lengths: the response's Content-Length contradicts itself or is no number
endless-head: ClientTooLargeException: GET /endless-head: the response's head or trailers are too large
huge: ClientTooLargeException: GET /huge: the answer's body has more than 1048576 bytes (max_body): raise the limit, or use stream or sink for large ones
endless: ClientTooLargeException: GET /endless: the answer's body has more than 1048576 bytes (max_body): raise the limit, or use stream or sink for large ones
bomb: ClientTooLargeException: GET /bomb: the answer's body has more than 1048576 bytes (max_body): raise the limit, or use stream or sink for large ones
half-gzip: ClientProtocolException: GET /half-gzip: the answer's content coding ends in the middle
no-gzip: ClientProtocolException: GET /no-gzip: the response's content coding is damaged
switch: ClientProtocolException: GET /switch: the server switches to a protocol that nobody asked for
ok: more bytes than the limit by pieces
ok: never an answer
ok: half a body
ok: half a body by pieces
ok: the scope's time
ok: the scope's time while a body comes
ok: another task fails
ok: no connection of these is used again
ok: an answer that is let go
ok: gives its connection up
ok: bytes that nobody asked for
ok: no such name
ok: nobody listens
ok: no TLS
ok: get() after the server has closed
ok: post() after the server has closed
ok: the first
ok: a connection that dies of a request is replaced
ok: but a POST is not sent twice
ok: repeated until it is well
ok: not what is not idempotent
ok: three times at most
ok: within the budget
ok: a server that can not be reached
ok: a redirect
ok: secrets stay behind
ok: 303 is a GET
ok: 308 is the same
ok: a generator goes once
ok: a loop
ok: nowhere
ok: not followed
ok: the queue is full
ok: none in time
ok: the one that had it
ok: it goes on
ok: the guard
ok: the guard, by name
ok: an HTTP proxy
ok: one that refuses a tunnel
ok: a SOCKS5 proxy
ok: a local socket
done
