--TEST--
Filters: the four phases, in order, with many filters each, which pass, change or answer a request
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$code = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Filter\{Cors, RateLimit, RequestId};
    use Highper\Http\{Forbidden, Request, Response};
    final class Clock { public int $n = 0; }
    final class Pre { function __construct(private Clock $clock) {} function __invoke(Request $r): Request { return $r->withAttribute('trail', $r->attribute('trail', '') . '1b'); } }
    $add = fn (string $mark) => fn (Request $r) => $r->withAttribute('trail', $r->attribute('trail', '') . $mark);
    $answers = fn (string $at) => fn (Request $r) => $r->query('stop') === $at ? Response::text("stopped at {$at}, {$r->attribute('trail')}, '{$r->route()}'", 403) : null;
    $through = fn (string $mark) => function (Request $r, Closure $next) use ($mark) {
        $response = $next($r->withAttribute('trail', $r->attribute('trail') . $mark));
        return $response->withHeader('X-Way', $response->header('X-Way', '') . $mark);
    };
    $marks = fn (string $mark) => fn (Request $r, Response $response) => $response->withHeader('X-Way', $response->header('X-Way', '') . $mark);
    $seen = [];
    exit(Application::create(basePath: __DIR__)
        ->settings(['superglobals' => $argv[2]])
        ->preRouter(new RequestId, $add('1a'), Pre::class, $answers('pre router'))
        ->postRouter($add('2a'), $answers('post router'), $add('2b'))
        ->preDispatch($add('3a'), $answers('pre dispatch'), function (Request $r) { if ($r->query('stop') === 'thrown') throw new Forbidden('no'); })
        ->postDispatch($marks('4a'), $marks('4b'), fn (Request $r, Response $s) => $r->query('stop') === 'post dispatch' ? ['instead' => $s->body()] : null)
        ->middleware($through('m'))
        ->get('/x/{id}', fn (Request $r, int $id) => [$id, $r->attribute('trail'), $r->route(), $r->param('id'), $r->id()], $through('n'))
        ->get('/plain', fn () => 'plain')
        ->health()
        ->static('/files', __DIR__)
        ->run([$argv[0], '--workers', '1']));
    PHP;
foreach (['shared', 'request'] as $scope) {
    $server = Server::start($code, [$scope]);
    $x = $server->get('/x/7', ['X-Request-Id' => 'r1']);
    check("{$scope}: all", [$x->json(), $x->header('X-Way'), $x->header('X-Request-Id')], [[7, '1a1b2a2bmn3a', '/x/{id}', '7', 'r1'], '4a4bnm', 'r1']);
    check("{$scope}: no parameters", [$server->get('/plain')->body, $server->get('/plain')->header('X-Way')], ['plain', '4a4bm']);
    foreach (['pre router' => ["1a1b, ''", null], 'post router' => ["1a1b2a, '/x/{id}'", null], 'pre dispatch' => ["1a1b2a2bmn3a, '/x/{id}'", 'nm']] as $at => [$trail, $way]) {
        $stopped = $server->get('/x/7?stop=' . rawurlencode($at));
        check("{$scope}: {$at}", [$stopped->status, $stopped->body, $stopped->header('X-Way')], [403, "stopped at {$at}, {$trail}", $way]);
    }
    check("{$scope}: post dispatch", [$server->get('/x/7?stop=post%20dispatch')->json()['instead'] !== '', $server->get('/x/7?stop=post%20dispatch')->header('X-Way')], [true, 'nm']);
    check("{$scope}: thrown", [$server->get('/x/7?stop=thrown', ['Accept' => 'application/json'])->json()['detail']], ['no']);
    check("{$scope}: before a miss too", [$server->get('/none?stop=pre%20router')->status, $server->get('/none')->status, $server->get('/x/y')->status, $server->get('/health')->body], [403, 404, 404, '{"status":"ok"}']);
    check("{$scope}: a miss has its id", $server->get('/none', ['X-Request-Id' => 'r2'])->headers('X-Request-Id'), ['r2']);
    $server->stop();
}
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Http\Request;
    use Highper\Session;
    exit(Highper\Application::create(basePath: __DIR__)->sessions(['store' => 'memory'])
        ->preRouter(function (Request $r) { if ($r->query('none') === null) $r->session()->set('at', 'early'); })
        ->get('/session', fn (Session $s) => (string) $s->get('at'))
        ->run([$argv[0], '--workers', '1']));
    PHP);
$limited = <<<'PHP'
    <?php
    $n = 0;
    exit(Highper\Application::create(basePath: __DIR__)
        ->preRouter(new Highper\Filter\RateLimit('2/h'))
        ->postRouter(new Highper\Filter\Cors)
        ->get('/x', function () use (&$n) { return ++$n; })
        ->run([$argv[0], '--workers', '1']));
    PHP;
check('a session goes on', [$server->get('/session')->body, $server->get('/session?none')->body], ['early', '']);
$server->stop();
$server = Server::start($limited);
check('without PHP', [$server->get('/none')->status, $server->get('/x', ['Origin' => 'https://a.example'])->header('Access-Control-Allow-Origin'), $server->get('/x')->status, $server->get('/none')->status], [404, '*', 429, 429]);
$server->stop();

$server = Server::start(<<<'PHP'
    <?php
    final class Broken { function __construct(Nobody $n) {} function __invoke() {} }
    exit(Highper\Application::create(basePath: __DIR__)->preRouter(Broken::class)->get('/x', fn () => 1)->run([$argv[0], '--workers', '1']));
    PHP, wait: false);
$server->waitForEnd();
check('a class that can not be made', preg_match('~cannot start: .*Nobody~', $server->log()), 1);
try {
    Highper\Application::create(__DIR__)->postDispatch(7);
} catch (ValueError $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECTF--
ok: shared: all
ok: shared: no parameters
ok: shared: pre router
ok: shared: post router
ok: shared: pre dispatch
ok: shared: post dispatch
ok: shared: thrown
ok: shared: before a miss too
ok: shared: a miss has its id
ok: request: all
ok: request: no parameters
ok: request: pre router
ok: request: post router
ok: request: pre dispatch
ok: request: post dispatch
ok: request: thrown
ok: request: before a miss too
ok: request: a miss has its id
ok: a session goes on
ok: without PHP
ok: a class that can not be made
Highper\Application::postDispatch(): Argument #1 must be a middleware, int given
