--TEST--
Http\Client: methods, queries, bodies of every kind, answers, kept connections, several at the same time
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/serve.php';
use Highper\Http\{Client, ClientResponse, ClientStatusException};
use function Highper\{async, await, scope};
use function HighperTest\{check, temp_path};

try {
scope(function () {
    $port = answering(function (array $request, int $number) {
        [$method, $target] = explode(' ', $request['line']);
        $path = explode('?', $target)[0];
        return match ($path) {
            '/gzip' => answer(gzencode('{"coded":"gzip"}'), headers: ['Content-Encoding' => 'gzip']),
            '/deflate' => answer(gzcompress('{"coded":"deflate"}'), headers: ['Content-Encoding' => 'deflate']),
            '/chunks' => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n",
            '/empty' => "HTTP/1.1 204 No Content\r\n\r\n",
            '/cookies' => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\n",
            '/missing' => answer('no such thing', '404 Not Found'),
            '/none' => answer('[1', headers: ['Content-Type' => 'application/json']),
            '/number' => answer((string) $number),
            '/close' => ["HTTP/1.1 200 OK\r\n\r\nuntil the end"],
            default => $method === 'HEAD' ? "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
                : answer(json_encode(['method' => $method, 'target' => $target] + $request, JSON_UNESCAPED_SLASHES), headers: ['Content-Type' => 'application/json']),
        };
    });
    $at = "http://127.0.0.1:{$port}";
    $client = new Client(base: "{$at}/v1/", headers: ['X-App' => 'test'], timeout: 10.0);

    $got = $client->get('users', ['q' => 'a b', 'list' => [1, 2]]);
    check('a query', [$got->status, $got->json('target')], [200, '/v1/users?q=a%20b&list%5B0%5D=1&list%5B1%5D=2']);
    check('headers of its own', [$got->json('headers.x-app'), $got->json('headers.host'), $got->json('headers.accept-encoding'), str_starts_with($got->json('headers.user-agent'), 'highper/')], ['test', "127.0.0.1:{$port}", 'gzip, deflate, br, zstd', true]);
    check('ok, header, url, version', [$got->ok(), $got->failed(), $got->header('CONTENT-TYPE'), $got->header('none'), $got->url, $got->version, $got->redirects], [true, false, 'application/json', null, "{$at}/v1/users?q=a%20b&list%5B0%5D=1&list%5B1%5D=2", '1.1', 0]);
    check('a path of JSON', [$got->json('headers.none'), $got->json('none.at.all')], [null, null]);

    $got = $client->post('/users', ['name' => 'ann'])->json();
    check('JSON', [$got['line'], $got['headers']['content-type'], $got['body']], ['POST /v1/users HTTP/1.1', 'application/json', '{"name":"ann"}']);
    $got = $client->post('users', form: ['a' => 'b c', 'd' => ['e', 'f']])->json();
    check('a form', [$got['headers']['content-type'], $got['body']], ['application/x-www-form-urlencoded', 'a=b+c&d%5B0%5D=e&d%5B1%5D=f']);
    $got = $client->put('users', body: 'plain', headers: ['Content-Type' => 'text/plain', 'x-app' => 'other'])->json();
    check('a text', [$got['method'], $got['headers']['content-type'], $got['headers']['x-app'], $got['body']], ['PUT', 'text/plain', 'other', 'plain']);
    $got = $client->patch('users', body: (function () { yield 'one '; yield ''; usleep(1000); yield 'two'; })())->json();
    check('a generator', [$got['method'], $got['headers']['transfer-encoding'], $got['body']], ['PATCH', 'chunked', 'one two']);
    check('what a generator throws', [fails(fn () => $client->post('users', body: (function () { yield 'x'; throw new LogicException('mine'); })()), $why), $why], ['LogicException', 'mine']);
    $got = $client->delete('users', ['why' => 'x'])->json();
    check('DELETE', [$got['method'], $got['body']], ['DELETE', '{"why":"x"}']);
    check('POST without a body', [$client->post('users')->json('headers.content-length')], ['0']);
    check('any method', $client->request('propfind', 'users')->json('line'), 'PROPFIND /v1/users HTTP/1.1');
    file_put_contents(temp_path('upload.txt'), str_repeat('file ', 50_000));
    $got = $client->post('users', multipart: ['title' => 'x', 'many' => ['1', '2'], 'file' => ['path' => temp_path('upload.txt'), 'type' => 'text/plain'], 'made' => ['contents' => 'abc', 'name' => 'a.txt'], 'info' => new SplFileInfo(temp_path('upload.txt'))])->json();
    check('multipart', [preg_match('~^multipart/form-data; boundary=(.+)$~', $got['headers']['content-type'], $m), substr_count($got['body'], "--{$m[1]}\r\n"), substr_count($got['body'], str_repeat('file ', 50_000)), str_contains($got['body'], "name=\"made\"; filename=\"a.txt\"\r\n"), strlen($got['body']) === (int) $got['headers']['content-length']], [1, 6, 2, true, true]);
    check('auth', [$client->get('x', auth: 'token')->json('headers.authorization'), $client->get('x', auth: ['u', 'p'])->json('headers.authorization'), $client->get("http://a:b%40@127.0.0.1:{$port}/")->json('headers.authorization')], ['Bearer token', 'Basic ' . base64_encode('u:p'), 'Basic ' . base64_encode('a:b@')]);

    $client = new Client(base: $at);
    check('HEAD', [$client->head('/')->body(), $client->head('/')->header('content-length')], ['', '1000000000']);
    check('codings', [$client->get('/gzip')->json('coded'), $client->get('/deflate')->json('coded'), (new Client(base: $at, decompress: false))->get('/gzip')->body()], ['gzip', 'deflate', gzencode('{"coded":"gzip"}')]);
    check('chunks, nothing, until the end', [$client->get('/chunks')->body(), $client->get('/empty')->status, (string) $client->get('/close')], ['abcdefg', 204, 'until the end']);
    check('several headers of a name', [$client->get('/cookies')->headers()['set-cookie'], $client->get('/cookies')->header('Set-Cookie')], [['a=1', 'b=2'], 'a=1, b=2']);
    try {
        $client->get('/missing?key=secret')->throw();
    } catch (ClientStatusException $e) {
        check('throw()', [$e->getCode(), $e->response->status, $e->method, $e->url, $e->getMessage()], [404, 404, 'GET', "{$at}/missing", "GET {$at}/missing was answered with 404: no such thing"]);
    }
    check('throw() of what is well', $client->get('/x')->throw()->status, 200);
    check('no JSON', [fails(fn () => $client->get('/none')->json(), $why), $why], ['ClientProtocolException', "GET {$at}/none: the answer is no JSON (Syntax error): [1"]);

    $client = new Client(base: $at);
    check('one connection is kept', [$client->get('/number')->body() === $client->get('/number')->body(), $client->stats()['servers'][$at]['made']], [true, 1]);
    $client->disconnect();
    check('and closed', $client->stats()['servers'], []);

    $pieces = [];
    foreach ($client->get('/chunks', stream: true)->stream() as $piece) {
        $pieces[] = $piece;
    }
    check('pieces', implode($pieces), 'abcdefg');
    check('what was not streamed is a piece', iterator_to_array($client->get('/chunks')->stream()), ['abcdefg']);
    check('a streamed body at once', $client->get('/chunks', stream: true)->body(), 'abcdefg');
    $to = $client->get('/chunks', sink: temp_path('sunk'));
    check('into a file', [$to->status, file_get_contents(temp_path('sunk')), glob(temp_path('sunk*')) === [temp_path('sunk')], fails(fn () => $to->body())], [200, 'abcdefg', true, 'ClientException']);

    $all = $client->multi(['a' => '/number', 'b' => ['POST', '/echo', 'json' => [1]], 'c' => 'http://127.0.0.1:1/', 5 => ['method' => 'GET', 'url' => '/x', 'query' => ['y' => 1]]], concurrency: 3);
    check('multi()', [array_keys($all), $all['a']->ok(), $all['b']->json('body'), $all['c']::class, $all[5]->json('target')], [['a', 'b', 'c', 5], true, '[1]', 'Highper\Http\ClientConnectException', '/x?y=1']);
    check('multi() of nothing', $client->multi([]), []);

    $client = new Client(base: $at, pool: ['max' => 4]);
    $done = await(array_map(fn () => async(fn () => $client->get('/x')->status), range(1, 50)));
    check('fifty at once by four connections', [array_sum($done), $client->stats()['servers'][$at]['made'] <= 4, $client->stats()['servers'][$at]['taken']], [10_000, true, 0]);

    foreach ([
        'a base' => fn () => new Client(base: 'api.example'),
        'a setting' => fn () => new Client(pool: ['maximum' => 3]),
        'a time' => fn () => new Client(timeout: -1.0),
        'an address' => fn () => (new Client())->get('/x'),
        'a scheme' => fn () => (new Client())->get('ftp://x/y'),
        'a header' => fn () => $client->get('/x', headers: ['X' => "a\r\nB: c"]),
        'two bodies' => fn () => $client->post('/x', json: 1, body: 'x'),
        'a proxy and the guard' => fn () => new Client(proxy: 'http://127.0.0.1:1', private: false),
        'a request of multi()' => fn () => $client->multi([['GET']]),
    ] as $what => $do) {
        echo "{$what}: ", fails($do, $why), ": {$why}\n";
    }
    throw new LogicException('done');
});
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: a query
ok: headers of its own
ok: ok, header, url, version
ok: a path of JSON
ok: JSON
ok: a form
ok: a text
ok: a generator
ok: what a generator throws
ok: DELETE
ok: POST without a body
ok: any method
ok: multipart
ok: auth
ok: HEAD
ok: codings
ok: chunks, nothing, until the end
ok: several headers of a name
ok: throw()
ok: throw() of what is well
ok: no JSON
ok: one connection is kept
ok: and closed
ok: pieces
ok: what was not streamed is a piece
ok: a streamed body at once
ok: into a file
ok: multi()
ok: multi() of nothing
ok: fifty at once by four connections
a base: ClientException: base: 'api.example' is no whole address: write https://host/path, or give the client a base
a setting: ClientException: there is no setting pool.maximum; there are max, min, wait, queue, idle and lifetime
a time: ClientException: timeout must be greater than 0 seconds, or null for no limit, float given
an address: ClientException: '/x' is no whole address: write https://host/path, or give the client a base
a scheme: ClientException: 'ftp://x/y' is of the scheme ftp; http and https are spoken here
a header: ClientException: a method, path or header with characters that would end it early: line ends, NUL, or blanks in a name
two bodies: ValueError: a request has one body: give either json or body
a proxy and the guard: ClientException: private: false can't hold behind a proxy, which looks names up itself: tell the proxy what it may reach
a request of multi(): ValueError: request 0: needs a method and an address: ['POST', '/orders', 'json' => $order]
done
