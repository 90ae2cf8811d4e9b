--TEST--
Application: PSR-3 and PSR-15 by the bridge package, beside native middleware
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$real = getenv('PSR_AUTOLOAD');
$declare = $real ? "require '{$real}';" : 'require "' . dirname(__DIR__) . '/lib/psr.php";';
$bind = $real ? '' : <<<'PHP'
    foreach (['ServerRequest', 'Response', 'Stream', 'UploadedFile'] as $kind) {
        $app->bind("Psr\\Http\\Message\\{$kind}FactoryInterface", HighperTest\Psr\Factory::class);
    }
    PHP;
$root = dirname(__DIR__, 2);
$head = "<?php {$declare}\nspl_autoload_register(function (\$c) { \$f = '{$root}/php/src/' . strtr(substr(\$c, 8), '\\\\', '/') . '.php'; if (str_starts_with(\$c, 'Highper\\\\Psr\\\\')) require \$f; });\n";
$classes = <<<'PHP'
    use Highper\Application;
    use Highper\Http\{Request, Response};
    use Psr\Http\Message\{ResponseInterface, ServerRequestInterface};
    use Psr\Http\Server\{MiddlewareInterface, RequestHandlerInterface};
    use Psr\Log\LoggerInterface;
    final class Tag implements MiddlewareInterface {
        function process(ServerRequestInterface $r, RequestHandlerInterface $h): ResponseInterface {
            return $h->handle($r->withAttribute('tag', ($r->getQueryParams()['t'] ?? 'none') . $r->getHeaderLine('X-Ask')))->withHeader('X-Tag', 'yes');
        }
    }
    final class Second implements MiddlewareInterface {
        function process(ServerRequestInterface $r, RequestHandlerInterface $h): ResponseInterface {
            return $h->handle($r->withAttribute('second', 'after ' . $r->getAttribute('tag')));
        }
    }
    final class Stop implements MiddlewareInterface {
        function __construct(private Psr\Http\Message\ResponseFactoryInterface $f, private Psr\Http\Message\StreamFactoryInterface $s) {}
        function process(ServerRequestInterface $r, RequestHandlerInterface $h): ResponseInterface {
            return $this->f->createResponse(418)->withBody($this->s->createStream($r->getMethod() . $r->getBody() . json_encode($r->getParsedBody())));
        }
    }
    final class Native { function __invoke(Request $r, Closure $next): Response { return $next($r)->withHeader('X-Native', $r->attribute('tag', '-')); } }
    $app = Application::create(basePath: __DIR__);
    PHP;
$routes = <<<'PHP'
    $app->get('/tag', fn (Request $r) => [$r->attribute('tag'), $r->attribute('second')], Tag::class, Native::class, Second::class)
        ->get('/file', fn () => Response::file(__FILE__), Tag::class)
        ->post('/stop', fn () => 'never', Stop::class)
        ->get('/log', function (LoggerInterface $log, LoggerInterface $same) {
            $log->warning('a word', ['n' => 7]);
            try { $log->log('loud', 'x'); } catch (Psr\Log\InvalidArgumentException $e) { return [get_class($log), $log === $same, $e->getMessage()]; }
        });
    exit($app->run([$argv[0], '--workers', '1']));
    PHP;
if ($real) {
    $bind = 'foreach (["Response", "Stream"] as $k) { $app->bind("Psr\\\\Http\\\\Message\\\\{$k}FactoryInterface", Nyholm\Psr7\Factory\Psr17Factory::class); }';
}
$server = Server::start("{$head}{$classes}\n{$bind}\n{$routes}");
$answer = $server->get('/tag?t=a', ['X-Ask' => 'b']);
check('attributes go inward', $answer->body, '["ab","after ab"]');
check('headers come back', [$answer->header('X-Tag'), $answer->header('X-Native'), $answer->header('Content-Type')], ['yes', 'ab', 'application/json']);
$file = $server->get('/file');
check('a file stays a file', [$file->status, str_contains($file->body, 'final class Tag'), $file->header('X-Tag')], [200, true, 'yes']);
$stopped = $server->request('POST', '/stop', 'a=1', ['Content-Type' => 'application/x-www-form-urlencoded']);
check('it may answer by itself', [$stopped->status, $stopped->body], [418, 'POSTa=1{"a":"1"}']);
$log = $server->get('/log')->json();
check('the logger', [$log[0], $log[1], str_contains($log[2], "level of PSR-3, 'loud' given")], ['Highper\Psr\Logger', true, true]);
$server->waitForLog('a word');
check('end', $server->stop(), 0);

$without = Server::start("<?php {$declare}\n{$classes}\n" . '$app->get("/x", fn () => 1, Second::class)->run([$argv[0], "--workers", "1"]);');
check('without the package', $without->get('/x')->status, 500);
$without->waitForLog('Second is a PSR-15 middleware: composer require highper/highper nyholm/psr7');
?>
--EXPECT--
ok: attributes go inward
ok: headers come back
ok: a file stays a file
ok: it may answer by itself
ok: the logger
ok: end
ok: without the package
