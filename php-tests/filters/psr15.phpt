--TEST--
Filters: PSR-15 middleware with the messages of nyholm/psr7 in one list with native middleware and filters
--SKIPIF--
<?php
if (!is_file('/usr/share/php/Nyholm/Psr7/autoload.php')) {
    echo 'skip nyholm/psr7 is not installed (php-nyholm-psr7)';
}
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$bridge = dirname(__DIR__, 2) . '/php/src/';
$server = Server::start(<<<'PHP'
    <?php
    namespace Psr\Http\Server {
        use Psr\Http\Message\{ResponseInterface, ServerRequestInterface};
        require '/usr/share/php/Nyholm/Psr7/autoload.php';
        interface RequestHandlerInterface { public function handle(ServerRequestInterface $request): ResponseInterface; }
        interface MiddlewareInterface { public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface; }
    }
    namespace App {
        use Highper\Application;
        use Highper\Attribute\Middleware;
        use Highper\Filter\{BearerAuth, Cors, RateLimit, SecurityHeaders, TrustedProxies};
        use Highper\Http\{NotFound, Request, Response};
        use Nyholm\Psr7\Response as PsrResponse;
        use Psr\Http\Message\{ResponseInterface, ServerRequestInterface};
        use Psr\Http\Server\{MiddlewareInterface, RequestHandlerInterface};
        spl_autoload_register(function (string $class) use ($argv): void {
            if (str_starts_with($class, 'Highper\\Psr\\')) require $argv[2] . strtr(substr($class, 8), '\\', '/') . '.php';
        });
        final class Clock { public string $now = 'noon'; }
        final class Stamp implements MiddlewareInterface {
            public function __construct(private Clock $clock) {}
            public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface {
                return $handler->handle($request->withAttribute('stamp', $this->clock->now))->withHeader('X-Stamp', $this->clock->now);
            }
        }
        final class Upper implements MiddlewareInterface {
            public function __construct(private string $suffix = '') {}
            public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface {
                $response = $handler->handle($request);
                return $response->withBody(\Nyholm\Psr7\Stream::create(strtoupper((string) $response->getBody()) . $this->suffix))->withoutHeader('Content-Length');
            }
        }
        final class Gate implements MiddlewareInterface {
            public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface {
                return $request->getHeaderLine('X-Key') === 'open' ? $handler->handle($request) : new PsrResponse(403, ['X-Gate' => 'shut'], 'shut for ' . $request->getServerParams()['REMOTE_ADDR'] . ' at ' . $request->getUri());
            }
        }
        final class Catches implements MiddlewareInterface {
            public function process(ServerRequestInterface $request, RequestHandlerInterface $handler): ResponseInterface {
                try { return $handler->handle($request); } catch (NotFound $e) { return new PsrResponse(200, [], 'caught ' . $e->getMessage()); }
            }
        }
        $native = fn (string $mark) => function (Request $request, \Closure $next) use ($mark): Response {
            $response = $next($request->withAttribute('native', $request->attribute('native', '') . $mark));
            return $response->withHeader('X-Native', $response->header('X-Native', '') . $mark);
        };
        final class Pages { #[Middleware(Stamp::class, new Upper('!'), new RateLimit('1/h'))] public static function shout(Request $request): string { return "shout {$request->attribute('stamp')}"; } }
        exit(Application::create(basePath: __DIR__)
            ->middleware(new TrustedProxies('private'), new SecurityHeaders, Stamp::class)
            ->get('/mixed', fn (Request $r) => "{$r->attribute('stamp')} {$r->attribute('native')}", $native('a'), new Upper, $native('b'), new Cors)
            ->get('/gate', fn () => 'open', Gate::class)
            ->get('/caught', fn () => throw new NotFound('gone'), Catches::class)
            ->get('/shout', [Pages::class, 'shout'])
            ->run([$argv[0], '--workers', '1']));
    }
    PHP, [$bridge]);
$mixed = $server->get('/mixed', ['Origin' => 'https://a.example']);
check('one list', [$mixed->status, $mixed->body, $mixed->header('X-Stamp'), $mixed->header('X-Native'), $mixed->header('X-Frame-Options'), $mixed->header('Access-Control-Allow-Origin')], [200, 'NOON AB', 'noon', 'ba', 'SAMEORIGIN', '*']);
$shut = $server->get('/gate', ['X-Forwarded-For' => '198.51.100.7', 'Host' => 'here']);
check('one that answers', [$shut->status, $shut->body, $shut->header('X-Gate'), $shut->header('X-Stamp'), $shut->header('X-Content-Type-Options')], [403, 'shut for 198.51.100.7 at http://here/gate', 'shut', 'noon', 'nosniff']);
check('one that lets pass', $server->get('/gate', ['X-Key' => 'open'])->body, 'open');
check('over TLS at the proxy', $server->get('/gate', ['X-Forwarded-Proto' => 'https', 'X-Forwarded-Host' => 'site.example'])->body, 'shut for 127.0.0.1 at https://site.example/gate');
check('an exception comes through', $server->get('/caught')->body, 'caught gone');
check('a filter behind them', [$server->get('/shout')->body, $server->get('/shout')->status], ['SHOUT NOON!', 429]);
try {
    Highper\Application::create(__DIR__)->middleware(new ArrayObject);
} catch (ValueError $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
ok: one list
ok: one that answers
ok: one that lets pass
ok: over TLS at the proxy
ok: an exception comes through
ok: a filter behind them
Highper\Application::middleware(): Argument #1 must be a middleware: a Closure, a filter, or an object with __invoke(Request $request, Closure $next): Response; ArrayObject given
