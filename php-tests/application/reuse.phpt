--TEST--
Application: objects that serve again are never seen by two requests, and responses never change
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\{Request, Response};
    final class Kept { public static array $requests = [], $responses = []; public static ?WeakReference $weak = null; public static ?WeakMap $map = null; }
    final class Keep {
        function __invoke(Request $r, Closure $next): Response {
            Kept::$requests[] = $r;
            return Kept::$responses[] = $next($r);
        }
    }
    final class Mark {
        function __invoke(Request $r, Closure $next): Response {
            $seen = $r->attribute('mark', 'clean');
            return $next($r->withAttribute('mark', 'dirty'))->withHeader('X-Seen', $seen)->withAddedHeader('X-Seen', 'twice');
        }
    }
    final class Weak {
        function __invoke(Request $r, Closure $next): Response {
            $before = Kept::$weak === null ? 'first' : (Kept::$weak->get() === null ? 'gone' : 'alive: ' . Kept::$weak->get()->path());
            Kept::$weak = WeakReference::create($r);
            Kept::$map ??= new WeakMap;
            $before .= count(Kept::$map);
            Kept::$map[$r] = 1;
            return $next($r)->withHeader('X-Before', $before);
        }
    }
    class Own extends Response {
        public int $touched = 0;
        function twice(): array { $other = $this->withHeader('X-Own', '1'); return [$this->header('X-Own'), $other->header('X-Own'), $other::class]; }
    }
    final class Copies {
        function __invoke(Request $r, Closure $next): Response {
            $one = $next($r);
            $two = $one->withHeader('X-Two', '2');
            $three = (clone $one)->withHeader('X-Three', '3')->withStatus(201)->withBody('other');
            $four = call_user_func([$one, 'withHeader'], 'X-Four', '4');
            $five = [$one][0]->withoutHeader('Content-Type');
            return Response::json([$one->headers(), $two->header('X-Two'), $one->status(), $one->body(), $three->status(), $three->body(),
                $four->header('X-Four'), $five->header('Content-Type'), $one->header('Content-Type')]);
        }
    }
    exit(Application::create(basePath: __DIR__)
        ->get('/keep/{n}', fn (int $n) => ['n' => $n], Keep::class)
        ->get('/kept', fn () => [array_map(fn ($r) => $r->path(), Kept::$requests), array_map(fn ($r) => $r->body(), Kept::$responses)])
        ->get('/mark', fn (Request $r) => $r->attribute('mark'), Mark::class)
        ->get('/weak/{n}', fn (int $n) => $n, Weak::class)
        ->get('/copies', fn () => ['a' => 1], Copies::class)
        ->get('/own', fn () => (new Own('x'))->twice())
        ->get('/plain', fn () => 'plain')
        ->get('/throws', fn () => throw new Exception('x'), Mark::class)
        ->run([$argv[0], "--workers", "1"]));
    PHP);
foreach ([1, 2, 3] as $n) {
    $server->get("/keep/{$n}");
}
check('kept objects stay what they are', $server->get('/kept')->json(), [['/keep/1', '/keep/2', '/keep/3'], ['{"n":1}', '{"n":2}', '{"n":3}']]);
$marks = array_map(fn () => $server->get('/mark'), range(1, 3));
check('attributes are not inherited', array_map(fn ($a) => [$a->body, $a->header('X-Seen')], $marks), array_fill(0, 3, ['dirty', 'clean, twice']));
$weak = array_map(fn ($n) => $server->get("/weak/{$n}")->header('X-Before'), range(1, 3));
check('weak references end with their request', $weak, ['first0', 'gone0', 'gone0']);
check('headers are not inherited', $server->get('/plain')->header('X-Seen'), null);
check('responses do not change', $server->get('/copies')->json(),
    [['Content-Type' => ['application/json']], '2', 200, '{"a":1}', 201, 'other', '4', null, 'application/json']);
check('nor do those of child classes', $server->get('/own')->json(), [null, '1', 'Own']);
for ($i = 0; $i < 3; $i++) {
    $server->get('/throws');
}
check('after exceptions', [$server->get('/mark')->header('X-Seen'), $server->get('/plain')->body], ['clean, twice', 'plain']);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: kept objects stay what they are
ok: attributes are not inherited
ok: weak references end with their request
ok: headers are not inherited
ok: responses do not change
ok: nor do those of child classes
ok: after exceptions
ok: end
