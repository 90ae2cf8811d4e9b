--TEST--
Application: what a scan has found is kept in production, as long as no file has changed; attributes that are wrong
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

mkdir(temp_path('src'), recursive: true);
mkdir(temp_path('lib'));
mkdir(temp_path('var'));
$write = fn (string $file, string $code) => file_put_contents(temp_path($file), "<?php\nnamespace App;\nuse Highper\\Attribute\\{Any, Body, Controller, Delete, Each, Get, Length, Middleware, Patch, Post, Put, Query, Status, StreamBody};\n{$code}\n");
$write('lib/Shared.php', 'trait Shared { #[Get("/shared")] public function shared(): string { return "one"; } }');
$write('src/Tag.php', 'final class Tag { public function __invoke($r, $next) { return $next($r)->withHeader("X-Tag", "yes"); } }');
$write('src/HomeController.php', '#[Controller("/home"), Middleware(Tag::class)] final class HomeController { use Shared; #[Get, Status(202)] public function show(): string { return "home"; } #[Any("/any")] public function any(\Highper\Http\Request $r): string { return $r->method(); } }');
$write('src/Loaded.php', 'file_put_contents(dirname(__DIR__) . "/loaded", "x", FILE_APPEND); final class Loaded {}');
$script = '<?php require $argv[2] . "/lib/Shared.php"; exit(Highper\Application::create($argv[2])->scan("App\\\\", "src")->run([$argv[0], "--workers", "1"]));';
$loads = fn () => strlen((string) @file_get_contents(temp_path('loaded')));
$serve = function (callable $body, string $env = 'prod') use ($script): void {
    $server = Server::start($script, [temp_path('')], environment: ['APP_ENV' => $env]);
    $body($server);
    $server->stop();
};
$all = function (Server $server): array {
    $home = $server->get('/home');
    return [$home->status, $home->body, $home->header('X-Tag'), $server->get('/home/shared')->body, $server->request('PATCH', '/home/any')->body];
};
$wanted = [202, 'home', 'yes', 'one', 'PATCH'];
$serve(fn ($server) => check('found', $all($server), $wanted), 'dev');
check('development keeps nothing', [is_file(temp_path('var/cache/scan.json')), $loads()], [false, 1]);
$serve(fn ($server) => check('found in production', $all($server), $wanted));
check('kept', [is_file(temp_path('var/cache/scan.json')), $loads()], [true, 2]);
$serve(fn ($server) => check('from the file', $all($server), $wanted));
check('no class was loaded for it', $loads(), 2);
$write('src/NewController.php', '#[Controller("/new")] final class NewController { #[Get] public function show(): string { return "new"; } }');
$serve(fn ($server) => check('a new file', $server->get('/new')->body, 'new'));
check('all were looked at', $loads(), 3);
$write('lib/Shared.php', 'trait Shared { #[Get("/moved")] public function shared(): string { return "two, moved"; } }');
$serve(fn ($server) => check('a trait elsewhere', $server->get('/home/moved')->body, 'two, moved'));
unlink(temp_path('src/NewController.php'));
$serve(fn ($server) => check('a file that is gone', $server->get('/new')->status, 404));
file_put_contents(temp_path('var/cache/scan.json'), '{"format":');
$serve(fn ($server) => check('a broken file', $server->get('/home')->status, 202));
check('is written anew', is_array(json_decode(file_get_contents(temp_path('var/cache/scan.json')), true)));
check('nothing else lies there', glob(temp_path('var/cache/*')), [temp_path('var/cache/scan.json')]);

$fails = function (string $class, string $code) use ($write, $script): string {
    $write('src/BadController.php', "#[Controller('/bad'){$class}]\nfinal class BadController {\n    {$code}\n}");
    $server = Server::start($script, [temp_path('')], wait: false);
    $exit = $server->waitForEnd();
    return "{$exit} " . trim(preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $server->log())) . "\n";
};
echo $fails('', '#[Get, Status(7)] public function a() {}');
echo $fails('', '#[Get(7, 8, path: 9)] public function a() {}');
echo $fails('', '#[\Highper\Attribute\Gett] public function a() {}');
echo $fails(', Get', 'public function a() {}');
echo $fails('', '#[Get, Controller] public function a() {}');
echo $fails('', '#[Get, Query] public function a($q) {}');
echo $fails('', '#[Get, Status(201), Status(202)] public function a() {}');
echo $fails('', '#[Get] private function a() {}');
echo $fails('', '#[Get, Middleware(Nobody::class)] public function a() {}');
echo $fails('', "#[Get] public function a() {}\n    #[Get] public function b() {}");
echo $fails('', "#[Get('/{id}')] public function a(#[Length('x')] string \$id) {}");
?>
--EXPECTF--
ok: found
ok: development keeps nothing
ok: found in production
ok: kept
ok: from the file
ok: no class was loaded for it
ok: a new file
ok: all were looked at
ok: a trait elsewhere
ok: a file that is gone
ok: a broken file
ok: is written anew
ok: nothing else lies there
1 highper: cannot start: #[Status] on App\BadController::a() in BadController.php:6: Highper\Attribute\Status::__construct(): Argument #1 ($status) must be between 200 and 599
1 highper: cannot start: #[Get] on App\BadController::a() in BadController.php:6: %s
1 highper: cannot start: #[Gett] on App\BadController::a() in BadController.php:6: there is no such attribute
1 %AAttribute "Highper\Attribute\Get" cannot target class (allowed targets: method) in BadController.php on line 5%A
1 %AAttribute "Highper\Attribute\Controller" cannot target method (allowed targets: class) in BadController.php on line 6%A
1 %AAttribute "Highper\Attribute\Query" cannot target method (allowed targets: parameter) in BadController.php on line 6%A
1 %AAttribute "Highper\Attribute\Status" must not be repeated in BadController.php on line 6%A
1 highper: cannot start: route GET /bad (BadController.php:6): its method is not public
1 highper: cannot start: route GET /bad (BadController.php:6): App\Nobody: there is no such class
1 highper: cannot start: route GET /bad (BadController.php:7) cannot be added: it matches the same paths with the same method as GET /bad (BadController.php:6)
1 highper: cannot start: route GET {id} (BadController.php:6): #[Length] on $id of App\BadController::a() in BadController.php:6: Highper\Attribute\Length::__construct(): Argument #1 ($min) must be of type ?int, string given
