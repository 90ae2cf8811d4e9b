--TEST--
Rooms: what is wrong with a WebSocket route keeps the server from starting, and the place is named; the file of a scan; groups
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{Server, WebSocketClient};

mkdir(temp_path('src'), recursive: true);
mkdir(temp_path('var'));
$script = '<?php exit(Highper\Application::create($argv[2])->scan("App\\\\", "src")->run([$argv[0], "--workers", "1"]));';
$fails = function (string $attribute, string $code) use ($script): string {
    file_put_contents(temp_path('src/Bad.php'), "<?php\nnamespace App;\nuse Highper\\Attribute\\{Body, Query, WebSocket};\nuse Highper\\WebSocket\\Connection;\n\n#[WebSocket({$attribute})]\nfinal class Bad {\n    {$code}\n}");
    $server = Server::start($script, [temp_path('')], wait: false);
    $exit = $server->waitForEnd();
    return "{$exit} " . trim(preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $server->log())) . "\n";
};
$fine = 'public function message(Connection $c, string $text): void {}';
echo $fails("'/x', slow: 'wait'", $fine);
echo $fails("'/x', queue: '1 apple'", $fine);
echo $fails("'/x', maxMessage: 0", $fine);
echo $fails("'/x', ping: -1", $fine);
echo $fails("'/x', origins: ['example.com']", $fine);
echo $fails("'/x', protocols: ['a b']", $fine);
echo $fails("'/x', connections: -1", $fine);
echo $fails("", $fine);
echo $fails("'/x/{y'", $fine);
echo $fails("'/x'", 'public function close(): void {}');
echo $fails("'/x'", 'private function message(): void {}');
echo $fails("'/x'", 'public function message(Connection $c, string $text, int $number): void {}');
echo $fails("'/x'", 'public function message(#[Body] Nobody $x): void {}');
echo $fails("'/x'", 'public function message(#[Body] int $x): void {}');
echo $fails("'/x'", 'public function open(#[Body] array $x): void {}');
echo $fails("'/x'", 'public function __construct(private Nobody $nobody) {} ' . $fine);
echo $fails("'/x'", 'public function message(Nobody $nobody): void {}');

file_put_contents(temp_path('src/Bad.php'), "<?php\nnamespace App;\nuse Highper\\WebSocket\\Connection;\n#[\\Highper\\Attribute\\WebSocket('/good')]\nfinal class Bad { public function message(Connection \$c, string \$text, #[\\Highper\\Attribute\\Query] int \$n = 7): void { \$c->send(\"{\$text} {\$n}\"); } }");
foreach (['scanned', 'from the file'] as $what) {
    $server = Server::start($script, [temp_path('')], environment: ['APP_ENV' => 'prod']);
    $c = new WebSocketClient($server->port, '/good?n=5');
    $c->send($what);
    check($what, [$c->receive(), str_contains(file_get_contents(temp_path('var/cache/scan.json')), '"sockets":["App\\\\Bad"]')], ["{$what} 5", true]);
    $c->close();
    $server->stop();
}
$server = Server::start(<<<'PHP'
    <?php
    use Highper\WebSocket\Connection;
    $app = Highper\Application::create(__DIR__);
    try { $app->websocket('/x', fn () => null, slow: 'never'); } catch (ValueError $e) { fwrite(STDERR, $e->getMessage() . "\n"); }
    try { $app->websocket('/x', 'Nobody'); } catch (ValueError $e) { fwrite(STDERR, $e->getMessage() . "\n"); }
    exit($app->group('/api/{version}', function (Highper\Routes $routes): void {
        $routes->websocket('/live', fn (Connection $c, string $text, int $version) => $c->send("{$version}: {$text}"))->name('live');
    }, fn ($request, $next) => $next($request)->withHeader('X-Group', 'yes'))->get('/where', fn (Highper\Application $app) => $app->url('live', ['version' => 3]))->run([$argv[0], '--workers', '1']));
    PHP);
$c = new WebSocketClient($server->port, '/api/2/live');
$c->send('hello');
check('in a group', [$c->receive(), $c->answer->header('x-group'), $server->get('/where')->body], ['2: hello', 'yes', '/api/3/live']);
$c->close();
$server->stop();
echo implode("\n", preg_grep('/websocket/', explode("\n", $server->log()))), "\n";
?>
--EXPECT--
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: slow must be 'drop-oldest', 'keep-last' or 'close', 'wait' given
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: queue must be bytes, as 4096 or '256K', '1 apple' given
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: maxMessage must be bytes, as 4096 or '256K', '0' given
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: ping must be from 0 to 86400 seconds, -1 given
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: origins must be such as 'https:example.com', or '*' for all, 'example.com' given
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: protocols must be names such as 'chat', 'a b' given
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: connections must not be negative, -1 given
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: Highper\Attribute\WebSocket::__construct() expects at least 1 argument, 0 given
1 highper: cannot start: route GET {y (Bad.php:7) cannot be added: there is a '{' without '}'
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: the class App\Bad needs a public method message(), or open()
1 highper: cannot start: #[WebSocket] on App\Bad in Bad.php:7: App\Bad::message() must be public and not static
1 highper: cannot start: route GET /x (Bad.php:7): App\Bad::message(): its parameter $number (int) is not in the path; mark it with #[Query], #[Header], #[Cookie], #[Body] or #[File], or give it a default
1 highper: cannot start: route GET /x (Bad.php:7): App\Bad::message(): its parameter $x (App\Nobody) is no class that can be made of a body
1 highper: cannot start: route GET /x (Bad.php:7): App\Bad::message(): its parameter $x (int) can't be a message: string, array, Highper\WebSocket\Message or a class is expected
1 highper: cannot start: route GET /x (Bad.php:7): App\Bad::open(): its parameter $x wants the body of a request, which has none here
1 highper: cannot start: route GET /x (Bad.php:7): App\Bad -> App\Nobody: there is no such class
1 highper: cannot start: route GET /x (Bad.php:7): App\Nobody: there is no such class
ok: scanned
ok: from the file
ok: in a group
Highper\Application::websocket(): slow must be 'drop-oldest', 'keep-last' or 'close', 'never' given
Highper\Application::websocket(): Argument #2 ($handler) must be a Closure or a class, 'Nobody' given
