--TEST--
Application: middleware in order, attributes of the request, exceptions through the onion
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, Routes};
    use Highper\Http\{HttpException, NotFound, Request, Response};
    abstract class Trail {
        function __invoke(Request $request, Closure $next): Response {
            $trail = $request->attribute('trail', '') . static::class;
            $response = $next($request->withAttribute('trail', $trail));
            return $response->withHeader('X-Trail', $response->header('X-Trail', '') . static::class);
        }
    }
    final class A extends Trail {} final class B extends Trail {} final class C extends Trail {}
    final class Once { public int $calls = 0; function __invoke(Request $r, Closure $next): Response { $this->calls++; return $next($r)->withHeader('X-Calls', (string) $this->calls); } }
    final class Wrong {}
    exit(Application::create(basePath: __DIR__)
        ->middleware(A::class)
        ->get('/one', fn (Request $r) => $r->attribute('trail'))
        ->group('/g', fn (Routes $g) => $g->get('/x', fn (Request $r) => $r->attribute('trail'), C::class), B::class)
        ->get('/stop', fn () => 'never', fn (Request $r, Closure $next) => Response::text('stopped', 403))
        ->get('/catch', fn () => throw new NotFound('gone'), function (Request $r, Closure $next) {
            try { return $next($r); } catch (HttpException $e) { return Response::text("caught {$e->getStatus()} {$e->getMessage()}"); }
        })
        ->get('/array', fn () => 'x', fn (Request $r, Closure $next) => ['made' => $next($r)->body()])
        ->get('/once', fn () => 'x', Once::class)
        ->get('/wrong', fn () => 'x', Wrong::class)
        ->run([$argv[0], "--workers", "1"]));
    PHP);
$show = fn ($a) => "{$a->status} {$a->body} {$a->header('X-Trail')}";
check('global', $show($server->get('/one')), '200 A A');
check('group and route', $show($server->get('/g/x')), '200 ABC CBA');
check('short way', $show($server->get('/stop')), '403 stopped A');
check('caught', $show($server->get('/catch')), '200 caught 404 gone A');
check('array', $show($server->get('/array')), '200 {"made":"x"} A');
$server->get('/once');
check('one object', $server->get('/once')->header('X-Calls'), '2');
check('no middleware', $server->get('/wrong')->status, 500);
$server->waitForLog('Wrong is no middleware');
?>
--EXPECT--
ok: global
ok: group and route
ok: short way
ok: caught
ok: array
ok: one object
ok: no middleware
