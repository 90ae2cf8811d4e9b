--TEST--
Filters: a kept answer goes to those only whose requests agree in what its Vary names, and to one host that proxies tell
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Filter\{Cors, ResponseCache, TrustedProxies};
    use Highper\Http\{Request, Response};
    $n = 0;
    exit(Highper\Application::create(basePath: __DIR__)
        ->settings(['message_pack' => true])
        ->get('/data', function () use (&$n) { return ['n' => ++$n]; }, new ResponseCache(60))
        ->get('/language', function (Request $r) use (&$n) { return Response::text("{$r->header('X-Language')} " . ++$n)->withHeader('Vary', 'X-Language'); }, new ResponseCache(60))
        ->get('/never', function () use (&$n) { return Response::text((string) ++$n)->withHeader('Vary', '*'); }, new ResponseCache(60))
        ->get('/link', fn (Request $r) => Response::text("https://{$r->host()}/login"), new TrustedProxies('127.0.0.1'), new ResponseCache(60))
        ->get('/shared', fn () => Response::text('shared'), new ResponseCache(60), new Cors(origins: ['https://a.example', 'https://b.example'], credentials: true))
        ->run([$argv[0], '--workers', '1']));
    PHP);
$packed = $server->get('/data', ['Accept' => 'application/msgpack']);
check('packed', [$packed->header('Content-Type'), $packed->body], ['application/msgpack', "\x81\xa1n\x01"]);
$plain = $server->get('/data');
check('not for those who want JSON', [$plain->header('Content-Type'), $plain->json()], ['application/json', ['n' => 2]]);
check('JSON is kept', $server->get('/data')->json(), ['n' => 2]);
check('not for those who want it packed', $server->get('/data', ['Accept' => 'application/msgpack'])->header('Content-Type'), 'application/msgpack');
$get = fn (string $path, array $headers = []) => $server->get($path, $headers)->body;
$en = $get('/language', ['X-Language' => 'en']);
check('each its own language', [$get('/language', ['X-Language' => 'en']), substr($get('/language', ['X-Language' => 'de']), 0, 2), substr($get('/language'), 0, 1)], [$en, 'de', ' ']);
check('for nobody else', $get('/never') !== $get('/never'));
check('the host of who asked first', $get('/link', ['X-Forwarded-Host' => 'evil.example']), 'https://evil.example/login');
check('is not that of the next', $get('/link', ['X-Forwarded-Host' => 'site.example']), 'https://site.example/login');
$origin = fn (?string $origin) => $server->get('/shared', $origin ? ['Origin' => $origin] : [])->header('Access-Control-Allow-Origin');
check('an origin of its own', array_map($origin, ['https://a.example', 'https://a.example', 'https://b.example', null, 'https://c.example']), ['https://a.example', 'https://a.example', 'https://b.example', null, null]);
?>
--EXPECT--
ok: packed
ok: not for those who want JSON
ok: JSON is kept
ok: not for those who want it packed
ok: each its own language
ok: for nobody else
ok: the host of who asked first
ok: is not that of the next
ok: an origin of its own
