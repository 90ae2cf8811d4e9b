--TEST--
Filters: wrong arguments keep the server from starting, with file and line
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\temp_path;
use HighperTest\Server;

mkdir(temp_path('src'), recursive: true);
$script = '<?php exit(Highper\Application::create($argv[2])->scan("App\\\\", "src")->run([$argv[0], "--workers", "1"]));';
$fails = function (string $attribute) use ($script): void {
    file_put_contents(temp_path('src/Bad.php'), "<?php\nnamespace App;\nuse Highper\\Attribute\\{Controller, Get, Middleware};\nuse Highper\\Filter\\{ContentSecurityPolicy, Cors, RateLimit, SecurityHeaders, TrustedProxies};\n#[Controller]\nfinal class Bad {\n    #[Get, {$attribute}] public function a() {}\n}");
    $server = Server::start($script, [temp_path('')], wait: false);
    $exit = $server->waitForEnd();
    echo $exit, ' ', trim(preg_replace(['~^\{.*\n~m', '~(?<=[ (])/\S*/~'], '', $server->log())), "\n";
};
$fails("RateLimit('often')");
$fails("RateLimit('1/s', by: 'session')");
$fails("RateLimit('1/s', burst: 0)");
$fails("Cors(credentials: true)");
$fails("Cors(origins: ['app.example'])");
$fails("ContentSecurityPolicy(['script src' => 'x'])");
$fails("SecurityHeaders(frame: 'ALLOW')");
$fails("TrustedProxies('10.0.0.0/64')");
$fails("Middleware(new RateLimit('x'))");
$fails("Middleware(7)");
$fails("Middleware(new \\stdClass)");
$fails("\\Highper\\Filter\\RateLimits('1/s')");
$server = Server::start("<?php\nHighper\\Application::create(__DIR__)->get('/x', fn () => 'x',\n    new Highper\\Filter\\RateLimit('x'));", wait: false);
$server->waitForEnd();
echo preg_match('~Uncaught ValueError: (.*) in .*:3~', $server->log(), $m) ? $m[1] : $server->log(), "\n";
try {
    Highper\Application::create(__DIR__)->get('/x', fn () => 'x', new stdClass);
} catch (ValueError $e) {
    echo $e->getMessage(), "\n";
}
?>
--EXPECT--
1 highper: cannot start: #[RateLimit] on App\Bad::a() in Bad.php:7: Highper\Filter\RateLimit::__construct(): Argument #1 ($rate) must be a rate such as '10/s', '100/min', '1000/h' or '5/10s', 'often' given
1 highper: cannot start: #[RateLimit] on App\Bad::a() in Bad.php:7: Highper\Filter\RateLimit::__construct(): Argument #2 ($by) must be of 'ip', 'user', 'route' and 'header:NAME', 'session' given
1 highper: cannot start: #[RateLimit] on App\Bad::a() in Bad.php:7: Highper\Filter\RateLimit::__construct(): Argument #3 ($burst) must be greater than 0
1 highper: cannot start: #[Cors] on App\Bad::a() in Bad.php:7: Highper\Filter\Cors::__construct(): Argument #1 ($origins) must name the origins where credentials are allowed, '*' given
1 highper: cannot start: #[Cors] on App\Bad::a() in Bad.php:7: Highper\Filter\Cors::__construct(): Argument #1 ($origins) must be origins as https://app.example or https://*.example, 'app.example' given
1 highper: cannot start: #[ContentSecurityPolicy] on App\Bad::a() in Bad.php:7: Highper\Filter\ContentSecurityPolicy::__construct(): Argument #1 ($directives) must have directives as keys, such as 'script-src'; 'script src' given
1 highper: cannot start: #[SecurityHeaders] on App\Bad::a() in Bad.php:7: Highper\Filter\SecurityHeaders::__construct(): Argument #5 ($frame) must be 'DENY', 'SAMEORIGIN' or null, 'ALLOW' given
1 highper: cannot start: #[TrustedProxies] on App\Bad::a() in Bad.php:7: Highper\Filter\TrustedProxies::__construct(): Argument #1 ($proxies) must be addresses and networks: '10.0.0.0/64' is no address or network; write it as 10.0.0.0/8 or 2001:db8::/32
1 highper: cannot start: #[Middleware] on App\Bad::a() in Bad.php:7: Highper\Filter\RateLimit::__construct(): Argument #1 ($rate) must be a rate such as '10/s', '100/min', '1000/h' or '5/10s', 'x' given
1 highper: cannot start: #[Middleware] on App\Bad::a() in Bad.php:7: Highper\Attribute\Middleware::__construct(): Argument #1 must be a class or an object, int given
1 highper: cannot start: #[Middleware] on App\Bad::a() in Bad.php:7: must be a middleware: a Closure, a filter, or an object with __invoke(Request $request, Closure $next): Response; stdClass given
1 highper: cannot start: #[RateLimits] on App\Bad::a() in Bad.php:7: there is no such attribute
Highper\Filter\RateLimit::__construct(): Argument #1 ($rate) must be a rate such as '10/s', '100/min', '1000/h' or '5/10s', 'x' given
Highper\Application::get(): Argument #3 must be a middleware: a Closure, a filter, or an object with __invoke(Request $request, Closure $next): Response; stdClass given
