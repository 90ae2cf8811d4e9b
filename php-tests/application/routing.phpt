--TEST--
Application: routes, groups, 404, 405, OPTIONS, HEAD, health and files
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

mkdir(temp_path('public'));
file_put_contents(temp_path('public/app.css'), 'body{}');
file_put_contents(temp_path('public/.secret'), 'no');
$server = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, Routes};
    use Highper\Attribute\{Middleware, Status};
    use Highper\Http\{Request, Response};
    final class Count { public static int $calls = 0; public function __invoke(Request $r, Closure $next): Response { self::$calls++; return $next($r); } }
    #[Middleware(Count::class)] final class Marked { #[Status(202)] public function show(): array { return [Count::$calls]; } }
    exit(Application::create(basePath: __DIR__)
        ->get('/', fn () => '<h1>home</h1>')
        ->get('/text', fn () => 'plain')
        ->get('/notes/{id}', fn (int $id) => ['id' => $id])
        ->post('/notes', fn (Request $r) => Response::json($r->json(), 201))
        ->any('/any', fn (Request $r) => $r->method())
        ->map(['PUT', 'PATCH'], '/map', fn (Request $r) => $r->method())
        ->get('/nothing', function () {})
        ->get('/made', #[Status(201)] fn () => 'made')
        ->get('/marked', [Marked::class, 'show'])
        ->get('/marked/twice', [Marked::class, 'show'], Count::class)
        ->group('/api', function (Routes $api) {
            $api->get('', fn () => 'api');
            $api->group('/v1', fn (Routes $v1) => $v1->get('/x', fn (Request $r) => $r->route()));
        })
        ->health()
        ->static('/', 'public')
        ->run([$argv[0], "--workers", "1"]));
    PHP);
$got = function (string $method, string $path) use ($server) {
    $answer = $server->request($method, $path);
    return "{$answer->status} {$answer->header('Content-Type')} {$answer->body}";
};
check('html', $got('GET', '/'), '200 text/html; charset=utf-8 <h1>home</h1>');
check('text', $got('GET', '/text'), '200 text/plain; charset=utf-8 plain');
check('typed', $got('GET', '/notes/7'), '200 application/json {"id":7}');
check('mismatch', $server->get('/notes/x')->status, 404);
check('null is 204', $server->get('/nothing')->status, 204);
check('attributes of a closure', [$server->get('/made')->status, $server->get('/made')->body], [201, 'made']);
check('attributes of a method that is routed by hand', [$server->get('/marked')->status, $server->get('/marked')->body, $server->get('/marked/twice')->body], [202, '[2]', '[3]']);
check('head', [$server->request('HEAD', '/notes/7')->status, $server->request('HEAD', '/notes/7')->header('Content-Length')], [200, '8']);
check('any', $got('PURGE', '/any'), '200 text/plain; charset=utf-8 PURGE');
check('map', $got('PATCH', '/map'), '200 text/plain; charset=utf-8 PATCH');
check('group', $got('GET', '/api'), '200 text/plain; charset=utf-8 api');
check('nested group', $got('GET', '/api/v1/x'), '200 text/plain; charset=utf-8 /api/v1/x');
check('404', $server->get('/nowhere')->status, 404);
$answer = $server->request('DELETE', '/notes/7');
check('405', [$answer->status, $answer->header('Allow')], [405, 'GET, HEAD, OPTIONS']);
$answer = $server->request('OPTIONS', '/map');
check('OPTIONS', [$answer->status, $answer->header('Allow'), $answer->body], [204, 'PUT, PATCH, OPTIONS', '']);
check('health', $got('GET', '/health'), '200 application/json {"status":"ok"}');
check('file', $server->get('/app.css')->body, 'body{}');
check('dotfile', $server->get('/.secret')->status, 404);
check('bad escape', $server->get('/notes/%zz')->status, 400);
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: html
ok: text
ok: typed
ok: mismatch
ok: null is 204
ok: attributes of a closure
ok: attributes of a method that is routed by hand
ok: head
ok: any
ok: map
ok: group
ok: nested group
ok: 404
ok: 405
ok: OPTIONS
ok: health
ok: file
ok: dotfile
ok: bad escape
ok: exit code
