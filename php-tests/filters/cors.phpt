--TEST--
Filters: preflights are answered without PHP; who may read the other answers; errors and misses say it too
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    namespace App;
    use Highper\{Application, Routes};
    use Highper\Attribute\{Controller, Get, Middleware, Put};
    use Highper\Filter\{Cors, RateLimit};
    use Highper\Http\{NotFound, Request, Response};
    #[Controller('/notes'), Cors(origins: ['https://app.example', 'https://*.app.example'], headers: ['X-Token'], expose: 'X-Total', credentials: true, maxAge: 60)]
    final class Notes {
        #[Get] function index(): Response { return Response::json([])->withHeader('X-Total', '0')->withHeader('Vary', 'Accept'); }
        #[Put('/{id}')] function put(int $id): never { throw new NotFound('gone'); }
        #[Get('/{id}/open'), Middleware(new Cors)] function open(int $id): int { return $id; }
    }
    $calls = 0;
    exit(Application::create(basePath: __DIR__)
        ->get('/plain', fn () => 'plain')
        ->get('/counted', fn () => 'counted', function (Request $r, \Closure $next) use (&$calls) { $calls++; return $next($r); }, new Cors('https://app.example', methods: 'GET'))
        ->get('/calls', function () use (&$calls) { return $calls; })
        ->get('/notes', [Notes::class, 'index'])->put('/notes/{id}', [Notes::class, 'put'])->get('/notes/{id}/open', [Notes::class, 'open'])
        ->run([$argv[0], '--workers', '1']));
    PHP);
$ask = fn (string $path, string $origin, string $method = 'GET', array $more = []) => $server->request('OPTIONS', $path, '', ['Origin' => $origin, 'Access-Control-Request-Method' => $method] + $more);
$allowed = fn ($a) => [$a->status, $a->header('Access-Control-Allow-Origin'), $a->header('Access-Control-Allow-Methods'), $a->header('Access-Control-Allow-Headers'), $a->header('Access-Control-Allow-Credentials'), $a->header('Access-Control-Max-Age'), $a->header('Vary'), $a->body];
check('a preflight', $allowed($ask('/notes/7', 'https://app.example', 'PUT')), [204, 'https://app.example', 'GET, POST, PUT, PATCH, DELETE', 'X-Token', 'true', '60', 'Origin', '']);
check('a name below', $ask('/notes', 'https://a.app.example')->header('Access-Control-Allow-Origin'), 'https://a.app.example');
check('another origin', $allowed($ask('/notes', 'https://evil.example')), [204, null, null, null, null, null, 'Origin', '']);
check('the innermost holds', $allowed($ask('/notes/1/open', 'https://any.example', 'GET', ['Access-Control-Request-Headers' => 'X-A, X-B'])), [204, '*', 'GET, POST, PUT, PATCH, DELETE', 'X-A, X-B', null, '600', 'Access-Control-Request-Headers', '']);
check('behind PHP', $allowed($ask('/counted', 'https://app.example')), [204, 'https://app.example', 'GET', null, null, '600', 'Origin, Access-Control-Request-Headers', '']);
check('PHP was not entered', $server->get('/calls')->body, '0');
check('no filter', [$ask('/plain', 'https://app.example')->header('Access-Control-Allow-Origin'), $ask('/plain', 'x')->header('Allow')], [null, 'GET, HEAD, OPTIONS']);
check('OPTIONS of no browser', $server->request('OPTIONS', '/notes')->header('Allow'), 'GET, HEAD, OPTIONS');
$get = $server->get('/notes', ['Origin' => 'https://app.example']);
check('an answer', [$get->status, $get->header('Access-Control-Allow-Origin'), $get->header('Access-Control-Expose-Headers'), $get->headers('Vary')], [200, 'https://app.example', 'X-Total', ['Accept', 'Origin']]);
check('without an origin', [$server->get('/notes')->header('Access-Control-Allow-Origin'), $server->get('/notes')->headers('Vary')], [null, ['Accept', 'Origin']]);
$error = $server->request('PUT', '/notes/1', '', ['Origin' => 'https://app.example']);
check('an error can be read', [$error->status, $error->header('Access-Control-Allow-Origin'), $error->json()['detail']], [404, 'https://app.example', 'gone']);
check('PHP in front', [$server->get('/counted', ['Origin' => 'https://app.example'])->header('Access-Control-Allow-Origin'), $server->get('/calls')->body], ['https://app.example', '1']);
$server->stop();

$server = Server::start(<<<'PHP'
    <?php
    exit(Highper\Application::create(basePath: __DIR__)->middleware(new Highper\Filter\Cors(['https://app.example']))
        ->get('/x/{id}', fn (int $id) => $id)->health()->run([$argv[0], '--workers', '1']));
    PHP);
foreach (['/x/1' => 200, '/x/y' => 404, '/none' => 404, '/health' => 200] as $path => $status) {
    $answer = $server->get($path, ['Origin' => 'https://app.example']);
    check("of an application: {$path}", [$answer->status, $answer->header('Access-Control-Allow-Origin')], [$status, 'https://app.example']);
}
check('a page', $server->get('/none', ['Origin' => 'https://app.example', 'Accept' => 'text/html'])->header('Access-Control-Allow-Origin'), 'https://app.example');
check('another method', $server->request('POST', '/x/1', '', ['Origin' => 'https://app.example'])->header('Access-Control-Allow-Origin'), 'https://app.example');
check('a preflight nowhere', $server->request('OPTIONS', '/none', '', ['Origin' => 'https://app.example', 'Access-Control-Request-Method' => 'PUT'])->status, 204);
?>
--EXPECT--
ok: a preflight
ok: a name below
ok: another origin
ok: the innermost holds
ok: behind PHP
ok: PHP was not entered
ok: no filter
ok: OPTIONS of no browser
ok: an answer
ok: without an origin
ok: an error can be read
ok: PHP in front
ok: of an application: /x/1
ok: of an application: /x/y
ok: of an application: /none
ok: of an application: /health
ok: a page
ok: another method
ok: a preflight nowhere
