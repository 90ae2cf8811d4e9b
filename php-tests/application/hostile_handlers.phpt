--TEST--
Application: handlers, middleware, generators and values that do what they should not: each request is answered, the worker lives, and the next one is as ever
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\{NotFound, Request, Response};
    final class Invoked { public function __invoke(int $id = 7): array { return ['id' => $id]; } public static function fixed(string $x): string { return "fixed {$x}"; } public function method(): string { return 'method'; } }
    final readonly class Number { public function __construct(public float $n, public int|float|null $m = null, #[Highper\Attribute\Each('float')] public array $all = []) {} }
    function named(string $name): string { return "named {$name}"; }
    final class LastWords { public function __destruct() { throw new LogicException('last words'); } }
    final class Mute { public function __toString(): string { throw new LogicException('mute'); } }
    final class Quits { public function __invoke(Request $request, Closure $next) { exit(1); } }
    final class Silent { public function __invoke(Request $request, Closure $next) { return null; } }
    final class Lists { public function __invoke(Request $request, Closure $next) { return ['list' => 1]; } }
    final class Twice { public function __invoke(Request $request, Closure $next) { $next($request); return $next($request); } }
    final class Wrong { public function __invoke(Request $request, Closure $next) { return $next('x'); } }
    final class Nothing { public function __invoke(Request $request, Closure $next) { return $next(); } }
    final class Keeps { public static $next; public static $request; public function __invoke(Request $request, Closure $next) { self::$next = $next; self::$request = $request; return $next($request); } }
    exit(Application::create(basePath: __DIR__)
        ->get('/static', static fn (): string => 'static')
        ->get('/named/{name}', named(...))->get('/method', (new Invoked)->method(...))->get('/fixed/{x}', Invoked::fixed(...))->get('/invoked', (new Invoked)(...))->get('/internal/{string}', strlen(...))
        ->get('/never', function (): never { throw new NotFound('never'); })
        ->get('/void', function (): void {})
        ->get('/echo', function (): string { echo 'to the server'; return 'returned'; })
        ->get('/buffer', function (): string { ob_start(); echo 'x'; return 'left open'; })
        ->get('/level', fn () => ob_get_level())
        ->get('/callback', function () { ob_start(fn ($text) => throw new LogicException('buffer')); echo 'x'; ob_end_flush(); return 'x'; })
        ->get('/exit', function () { exit('bye'); })
        ->get('/destructor', function (): string { $last = new LastWords; return 'x'; })
        ->get('/mute', fn () => (string) new Mute)
        ->get('/undefined', function () { undefined_function(); })
        ->get('/type', function (): int { return 'x'; })
        ->get('/resource', fn () => fopen('php://memory', 'r'))
        ->get('/nan', fn () => NAN)
        ->get('/bytes', fn () => ["\xff"])
        ->get('/itself', function () { $a = new stdClass; $a->a = $a; return $a; })
        ->get('/generator', function () { $got = yield 1; return 'x' . $got; })
        ->get('/thrown', function () { yield 'a'; throw new NotFound('generator'); })
        ->get('/midway', fn () => Response::stream((function () { yield 'a'; yield 'b'; throw new LogicException('midway'); })()))
        ->get('/yields', fn () => Response::stream((function () { yield ['a']; })()))
        ->get('/pieces', fn () => Response::stream((function () { yield from ['a', 'b']; yield ''; yield 'c'; })()))
        ->get('/empty', fn () => Response::stream((function () { return; yield; })()))
        ->get('/over', function () { static $pieces; $pieces ??= (function () { yield 'once'; })(); return Response::stream($pieces); })
        ->get('/status', fn () => Response::text('x', 999))
        ->get('/header', fn () => Response::text('x')->withHeader("A\r\nB", 'c'))
        ->get('/length', fn () => Response::text('abc')->withHeader('Content-Length', '99'))
        ->get('/coding', fn () => Response::text('abc')->withHeader('Transfer-Encoding', 'chunked'))
        ->get('/location', fn () => Response::redirect("/a\r\nX: y"))
        ->get('/file', fn () => Response::file('/dev/zero'))
        ->get('/handler', function () { set_error_handler(fn ($number, $text) => throw new ErrorException($text)); try { return $nothing; } finally { restore_error_handler(); } })
        ->get('/run', fn (Application $app) => $app->run(['x']))
        ->get('/late', function (Application $app) { $app->get('/new', fn () => 'new'); })
        ->get('/late/middleware', function (Application $app) { $app->middleware(Silent::class); })
        ->get('/late/filter', function (Application $app) { $app->preRouter(fn () => 'x'); })
        ->get('/inside', fn (Application $app) => $app->handle(Request::create('GET', '/ok'))->body())
        ->get('/quits', fn () => 'x', Quits::class)->get('/silent', fn () => 'x', Silent::class)->get('/lists', fn () => 'x', Lists::class)->get('/twice', fn () => 'x', Twice::class)
        ->get('/wrong', fn () => 'x', Wrong::class)->get('/nothing', fn () => 'x', Nothing::class)->get('/keeps', fn () => 'kept', Keeps::class)
        ->get('/kept', fn () => (Keeps::$next)(Keeps::$request))->get('/kept/path', fn () => Keeps::$request->path())
        ->post('/number', fn (#[Highper\Attribute\Body] Number $number) => $number)
        ->get('/ok', fn () => 'ok')
        ->run([$argv[0], '--workers', '1']));
    PHP);
foreach (['static', 'named/bob', 'method', 'fixed/q', 'invoked', 'internal/abcd', 'never', 'void', 'echo', 'buffer', 'level', 'callback', 'exit', 'destructor', 'mute', 'undefined', 'type', 'resource', 'nan', 'bytes', 'itself', 'generator', 'thrown',
    'yields', 'pieces', 'empty', 'over', 'over', 'status', 'header', 'length', 'coding', 'location', 'file', 'handler', 'run', 'late', 'late/middleware', 'late/filter', 'new', 'inside', 'quits', 'silent', 'lists', 'twice', 'wrong', 'nothing', 'keeps', 'kept', 'kept/path', 'ok'] as $path) {
    $answer = $server->get("/{$path}");
    echo "{$path}: {$answer->status} ", $answer->status < 300 ? $answer->body : $answer->json()['detail'] ?? '', "\n";
}
$number = fn (string $json) => ($answer = $server->request('POST', '/number', $json, ['Content-Type' => 'application/json']))->status === 200 ? $answer->body : $answer->json()['errors'];
check('numbers', [$number('{"n":1e308,"m":7}'), $number('{"n":1}')], ['{"n":1.0e+308,"m":7,"all":[]}', '{"n":1.0,"m":null,"all":[]}']);
check('too large ones', [$number('{"n":1e999}'), $number('{"n":1,"m":-1e999,"all":[1,1e999]}')],
    [['n' => ['must be a number, one that is too large given']], ['all.1' => ['must be a number, one that is too large given'], 'm' => ['must be an integer or a number, one that is too large given']]]);
try {
    $server->get('/midway');
    echo "midway: whole\n";
} catch (RuntimeException) {
    echo "midway: cut off\n";
}
check('what was wrong is in the log', array_map(fn ($text) => str_contains($server->log(), $text) ?: $text, ['last words', 'mute', 'undefined_function', 'midway', 'must be between 200 and 599', 'it is not a file', 'Undefined variable $nothing', "a route can't be added any more", "a middleware can't", "a filter can't", 'exit() ended the request']), array_fill(0, 11, true));
check('by one worker', substr_count($server->log(), 'listening'), 1);
check('end', $server->stop(), 0);
?>
--EXPECT--
static: 200 static
named/bob: 200 named bob
method: 200 method
fixed/q: 200 fixed q
invoked: 200 {"id":7}
internal/abcd: 200 4
never: 404 never
void: 204 
echo: 200 returned
buffer: 200 left open
level: 200 0
callback: 500 
exit: 500 
destructor: 500 
mute: 500 
undefined: 500 
type: 500 
resource: 500 
nan: 500 
bytes: 500 
itself: 500 
generator: 200 x1
thrown: 404 generator
yields: 500 
pieces: 200 abc
empty: 200 
over: 200 once
over: 200 
status: 500 
header: 500 
length: 200 abc
coding: 200 abc
location: 500 
file: 500 
handler: 500 
run: 200 1
late: 500 
late/middleware: 500 
late/filter: 500 
new: 404 
inside: 200 ok
quits: 500 
silent: 204 
lists: 200 {"list":1}
twice: 200 x
wrong: 500 
nothing: 500 
keeps: 200 kept
kept: 200 kept
kept/path: 200 /keeps
ok: 200 ok
ok: numbers
ok: too large ones
midway: cut off
ok: what was wrong is in the log
ok: by one worker
ok: end
