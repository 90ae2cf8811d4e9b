--TEST--
Application::handle(): requests without a port, in coroutines and outside, by the same way as a client's
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\Application;
use Highper\Attribute\{Body, Length};
use Highper\Http\{NotFound, Request, Response};
use function HighperTest\check;
use function Highper\{async, await, scope};

final readonly class In { public function __construct(#[Length(1, 5)] public string $title) {} }
final class Who { public function __construct(public string $name = 'nobody') {} }

$base = sys_get_temp_dir() . '/handle-' . getmypid();
mkdir("{$base}/public", recursive: true);
file_put_contents("{$base}/public/big.txt", str_repeat('0123456789', 100_000));
$app = Application::create(basePath: $base)
    ->settings(['max_body_size' => '3M', 'log_level' => 'error'])
    ->middleware(fn (Request $request, Closure $next) => $next($request)->withHeader('X-By', 'middleware'))
    ->get('/hello/{name}', fn (string $name, Request $request) => ['hello' => $name, 'ip' => $request->ip(), 'query' => $request->query()])
    ->post('/in', fn (#[Body] In $in) => Response::json($in, 201))
    ->post('/echo', fn (Request $request) => Response::text($request->body()))
    ->get('/missing', fn () => throw new NotFound('nothing here'))
    ->get('/cookies', fn (Request $request) => Response::text($request->cookie('a') ?? 'none')->withCookie('a', 'b')->withCookie('c', 'd'))
    ->get('/who', fn (Who $who) => [$who->name])
    ->get('/slow', function () { usleep(20_000); return [1]; })
    ->get('/inner', fn (Application $app) => [json_decode($app->handle(Request::create('GET', '/hello/inner'))->body())])
    ->static('/', 'public');

$say = fn (Response $response) => $response->status() . ' ' . $response->body();
$get = fn (string $uri, array $headers = [], string $ip = '127.0.0.1') => $app->handle(Request::create('GET', $uri, $headers, ip: $ip));

check('outside', $say($get('/hello/you?x=1&y[]=2')), '200 {"hello":"you","ip":"127.0.0.1","query":{"x":"1","y":["2"]}}');
check('inside', scope(fn () => $say($get('/hello/you', ip: '10.1.2.3'))), '200 {"hello":"you","ip":"10.1.2.3","query":[]}');
check('middleware', $get('/hello/you')->header('x-by'), 'middleware');
check('validated', $app->handle(Request::create('POST', '/in', ['Content-Type' => 'application/json'], '{"title":"too long"}'))->status(), 422);
check('created', $say($app->handle(Request::create('POST', '/in', ['Content-Type' => 'application/json'], '{"title":"short"}'))), '201 {"title":"short"}');
check('thrown', $get('/missing')->status(), 404);
check('no route', $get('/nowhere')->status(), 404);
check('a method that is not there', $app->handle(Request::create('DELETE', '/echo'))->header('Allow'), 'POST, OPTIONS');
check('head', $say($app->handle(Request::create('HEAD', '/hello/you'))), '200 ');
check('cookies', $get('/cookies', ['Cookie' => 'a=1'])->headers()['Set-Cookie'], ['a=b; path=/; HttpOnly; SameSite=Lax', 'c=d; path=/; HttpOnly; SameSite=Lax']);
check('a file', strlen($get('/big.txt')->body()), 1_000_000);
check('a large body both ways', md5($app->handle(Request::create('POST', '/echo', [], str_repeat('x', 2_500_000)))->body()), md5(str_repeat('x', 2_500_000)));
check('a body over the limit', $app->handle(Request::create('POST', '/echo', [], str_repeat('x', 4_000_000)))->status(), 413);
check('fakes', (function () use ($app, $say, $get) {
    $before = $say($get('/who'));
    $app->instance(Who::class, new Who('somebody'));
    return [$before, $say($get('/who'))];
})(), ['200 ["nobody"]', '200 ["somebody"]']);
check('a request inside of a request', $say($get('/inner')), '200 [{"hello":"inner","ip":"127.0.0.1","query":[]}]');

$begin = hrtime(true);
$answers = scope(fn () => await(array_map(fn () => async(fn () => $get('/slow')->status()), range(1, 100))));
check('a hundred at the same time', [array_unique($answers), hrtime(true) - $begin < 1e9], [[200], true]);

foreach ([
    fn () => Request::create('GET', 'no-slash'),
    fn () => Request::create("GET\r\n", '/'),
    fn () => Request::create('GET', "/a b"),
    fn () => Request::create('GET', '/', ['A' => "b\r\nC: d"]),
    fn () => Request::create('GET', '/', ip: 'here'),
    fn () => Request::create('GET', '/')->path(),
    fn () => Application::create(basePath: $base)->settings(['nonsense' => 1])->handle(Request::create('GET', '/')),
    fn () => Application::create(basePath: $base)->get('/x', fn (Closure $x) => 1)->handle(Request::create('GET', '/')),
] as $wrong) {
    try {
        $wrong();
        echo "no error\n";
    } catch (Error $error) {
        echo get_class($error), ': ', strtr($error->getMessage(), [__DIR__ => '…']), "\n";
    }
}
// A second application in the same process.
$other = Application::create(basePath: $base)->get('/', fn () => ['other']);
check('another one', [$say($other->handle(Request::create('GET', '/'))), $get('/who')->status()], ['200 ["other"]', 200]);
// Many one after the other leave nothing.
scope(function () use ($get) {
    for ($i = 0; $i < 200; $i++) $get('/hello/you');
    $before = [memory_get_usage(), count(scandir('/proc/self/fd'))];
    for ($i = 0; $i < 1000; $i++) $get('/hello/you');
    check('nothing is left', [memory_get_usage() - $before[0] < 20_000, count(scandir('/proc/self/fd')) - $before[1]], [true, 0]);
});
unlink("{$base}/public/big.txt"); rmdir("{$base}/public"); rmdir($base);
?>
--EXPECTF--
ok: outside
ok: inside
ok: middleware
ok: validated
ok: created
ok: thrown
ok: no route
ok: a method that is not there
ok: head
ok: cookies
ok: a file
ok: a large body both ways
ok: a body over the limit
ok: fakes
ok: a request inside of a request
ok: a hundred at the same time
ValueError: the path 'no-slash' can't be sent
ValueError: the method 'GET\r\n' can't be sent
ValueError: the path '/a b' can't be sent
ValueError: the header 'A: b\r\nC: d' can't be sent
ValueError: Highper\Http\Request::create(): Argument #5 ($ip) must be an IP address, 'here' given
Error: this request has not been handled yet: give it to Application::handle(), and read the one that the handler gets
Error: Application::handle(): there is no setting 'nonsense'; did you mean 'user'?
Error: Application::handle(): route GET /x (…/handle.phpt.php:63): Closure: it is a class of PHP's or an extension's; bind it: ->singleton(Closure::class, fn () => …)
ok: another one
ok: nothing is left
