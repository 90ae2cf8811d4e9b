--TEST--
Http\Client as PSR-18 by the bridge package, with the messages of nyholm/psr7
--SKIPIF--
<?php
foreach (['Nyholm/Psr7' => 'php-nyholm-psr7', 'Psr/Http/Client' => 'php-psr-http-client'] as $folder => $package) {
    if (!is_file("/usr/share/php/{$folder}/autoload.php")) {
        die("skip {$package} is not installed");
    }
}
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
require __DIR__ . '/serve.php';
require '/usr/share/php/Nyholm/Psr7/autoload.php';
require '/usr/share/php/Psr/Http/Client/autoload.php';
use Highper\Application;
use Highper\Http\{Client, Request};
use Highper\Psr\HttpClient;
use Nyholm\Psr7\Factory\Psr17Factory;
use Psr\Http\Client\{ClientExceptionInterface, ClientInterface, NetworkExceptionInterface, RequestExceptionInterface};
use function Highper\scope;
use function HighperTest\{check, free_port, temp_path};

spl_autoload_register(function (string $class) {
    if (str_starts_with($class, 'Highper\\Psr\\')) {
        require dirname(__DIR__, 2) . '/php/src/' . strtr(substr($class, 8), '\\', '/') . '.php';
    }
});
try {
scope(function () {
    $port = answering(fn (array $request) => match (explode(' ', $request['line'])[1]) {
        '/gzip' => answer(gzencode('plain'), headers: ['Content-Encoding' => 'gzip', 'X-A' => '1']),
        '/away' => answer('', '302 Found', ['Location' => '/x']),
        '/bad' => "nonsense\r\n\r\n",
        default => answer(json_encode($request), '404 Not Found', ['Set-Cookie' => "a=1\r\nSet-Cookie: b=2"]),
    });
    $at = "http://127.0.0.1:{$port}";
    $make = new Psr17Factory();
    $client = new HttpClient(new Client(timeout: 5.0));
    $answer = $client->sendRequest($make->createRequest('POST', "{$at}/x?y=1")->withHeader('X-Many', ['a', 'b'])->withBody($make->createStream('the body')));
    $got = json_decode((string) $answer->getBody(), true);
    check('a request', [$answer->getStatusCode(), $answer->getProtocolVersion(), $got['line'], $got['headers']['x-many'], $got['headers']['host'], $got['body']], [404, '1.1', 'POST /x?y=1 HTTP/1.1', 'b', "127.0.0.1:{$port}", 'the body']);
    check('headers', [$answer->getHeader('Set-Cookie'), $answer->getHeaderLine('content-length') !== ''], [['a=1', 'b=2'], true]);
    $answer = $client->sendRequest($make->createRequest('GET', "{$at}/gzip"));
    check('decoded', [(string) $answer->getBody(), $answer->getHeaderLine('X-A'), $answer->hasHeader('Content-Encoding'), $answer->hasHeader('Content-Length')], ['plain', '1', false, false]);
    check('a redirect is an answer', $client->sendRequest($make->createRequest('GET', "{$at}/away"))->getStatusCode(), 302);
    file_put_contents(temp_path('large'), str_repeat('large', 500_000));
    $got = json_decode((string) $client->sendRequest($make->createRequest('PUT', "{$at}/x")->withBody($make->createStreamFromFile(temp_path('large'))))->getBody(), true);
    check('a large body goes in pieces', [$got['headers']['transfer-encoding'] ?? null, strlen($got['body'])], ['chunked', 2_500_000]);
    $kinds = [];
    foreach (['http://127.0.0.1:' . free_port() . '/', "{$at}/bad", '/no-host'] as $uri) {
        $request = $make->createRequest('GET', $uri);
        try { $client->sendRequest($request); } catch (ClientExceptionInterface $e) { $kinds[] = [$e instanceof NetworkExceptionInterface, $e instanceof RequestExceptionInterface, $e->getRequest() === $request]; }
    }
    check('exceptions', $kinds, [[true, false, true], [false, true, true], [false, true, true]]);
    $app = Application::create(basePath: dirname(temp_path('x')));
    $app->get('/', fn (ClientInterface $client) => ['status' => $client->sendRequest($make->createRequest('GET', "{$at}/x"))->getStatusCode()]);
    check('injected', $app->handle(Request::create('GET', '/'))->body(), '{"status":404}');
    throw new LogicException('done');
});
} catch (LogicException $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: a request
ok: headers
ok: decoded
ok: a redirect is an answer
ok: a large body goes in pieces
ok: exceptions
ok: injected
done
