--TEST--
Application: controllers with traits, abstract parents and inherited actions; routes in a class that is no controller keep the server from starting
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{Console, Server};

mkdir(temp_path('src'));
$class = fn (string $name, string $text) => file_put_contents(temp_path("src/{$name}.php"), "<?php\nnamespace App;\nuse Highper\\Attribute\\{Any, Controller, Get, Post, Status};\n{$text}\n");
$class('Service', 'final class Service { public function n(): int { return 7; } }');
$class('Greets', "trait Greets { #[Get('/trait')] public function greet(): string { return 'trait of ' . static::class; } }");
$class('Base', "abstract class Base { public function __construct(protected Service \$service) {}
    #[Get('/inherited')] public function inherited(): string { return static::class . \$this->service->n(); }
    #[Get('/overridden')] public function overridden(): string { return 'base'; }
    #[Get('/abstract')] abstract public function must(): string; }");
$class('One', "#[Controller('/one')] final class One extends Base { use Greets;
    public function overridden(): string { return 'one'; }
    public function must(): string { return 'must'; }
    #[Get('/static')] public static function fixed(): string { return 'static'; }
    #[Get, Post, Any('/any')] public function many(): array { return ['m' => 1]; }
    #[Status(204), Get('/204')] public function none(): array { return ['a' => 1]; } }");
$class('Two', "#[Controller('/two')] final class Two extends Base { #[Get('/mine')] public function overridden(): string { return 'two'; } public function must(): string { return 'must'; } }");
$class('Invoked', "#[Controller('/invoked')] final readonly class Invoked { public function __construct(private Service \$service, private int \$more = 1) {} #[Get] public function __invoke(): int { return \$this->service->n() + \$this->more; } }");
$class('Kind', "enum Kind: string { case A = 'a'; public function name(): string { return 'x'; } }\ninterface Nothing {}");
$class('Empty', '');
$class('broken-name', 'final class Nowhere {}');
file_put_contents(temp_path('server.php'), '<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->run($argv));');
$console = new Console(temp_path('server.php'));
echo preg_replace('~ +~', ' ', $console->run(['routes'])[1]);

$server = Server::start('<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->run([$argv[0], "--workers", "1"]));');
foreach (['GET /one/inherited', 'GET /two/inherited', 'GET /one/overridden', 'GET /two/mine', 'GET /one/trait', 'GET /one/static', 'POST /one', 'PUT /one', 'OPTIONS /one', 'PUT /one/any', 'HEAD /one/any', 'GET /one/204', 'GET /invoked'] as $line) {
    [$method, $path] = explode(' ', $line);
    $answer = $server->request($method, $path);
    echo "{$line}: {$answer->status} ", $answer->status === 200 ? $answer->body : $answer->header('Allow'), "\n";
}
check('end', $server->stop(), 0);

foreach ([
    "final class Lost { #[Get('/lost')] public function show(): string { return 'x'; } }",
    "#[Controller] abstract class Lost { #[Get('/lost')] public function show(): string { return 'x'; } }",
    "#[Controller] final class Lost { #[Get('/lost')] private function show(): string { return 'x'; } }",
    "#[Controller] final class Lost { #[Get('/lost')] public function show(string &\$x): string { return 'x'; } }",
    "#[Controller] enum Lost { case A; #[Get('/lost')] public function show(): string { return 'x'; } }",
    "#[Controller('/one')] final class Lost { #[Get('/trait')] public function show(): string { return 'x'; } }",
    "#[Controller('/lost')] final class Lost { #[Get('/{id}')] public function show(int \$id): string { return 'x'; } #[Get('/{name}')] public function named(string \$name): string { return 'x'; } }",
    "#[Controller('/lost')] final class Lost { private function __construct() {} #[Get('/{id}')] public function show(): string { return 'x'; } }",
] as $wrong) {
    $class('Lost', $wrong);
    [$code, $out, $err] = $console->run(['check']);
    echo $code, ' ', preg_replace('~/\S*/src/~', '', strtok($out . $err, "\n")), "\n";
}
$class('Lost', "abstract class Lost { #[Get('/lost')] public function show(): string { return 'x'; } }");
check('an abstract one has them for others', $console->run(['check'])[0], 0);
?>
--EXPECT--
METHOD PATH NAME HANDLER MIDDLEWARE
GET /invoked App\Invoked::__invoke()
GET /one App\One::many()
POST /one App\One::many()
GET /one/204 App\One::none()
ANY /one/any App\One::many()
GET /one/inherited App\One::inherited()
GET /one/static App\One::fixed()
GET /one/trait App\One::greet()
GET /two/inherited App\Two::inherited()
GET /two/mine App\Two::overridden()
GET /one/inherited: 200 App\One7
GET /two/inherited: 200 App\Two7
GET /one/overridden: 404 
GET /two/mine: 200 two
GET /one/trait: 200 trait of App\One
GET /one/static: 200 static
POST /one: 200 {"m":1}
PUT /one: 405 GET, HEAD, POST, OPTIONS
OPTIONS /one: 204 GET, HEAD, POST, OPTIONS
PUT /one/any: 200 {"m":1}
HEAD /one/any: 200 
GET /one/204: 204 
GET /invoked: 200 8
ok: end
1 highper: #[Get] on App\Lost::show() in Lost.php:4: the class is no controller: give it #[Controller], or make it abstract where others extend it
1 highper: #[Controller] on App\Lost in Lost.php:4: the class can't be instantiated
1 highper: route GET /lost (Lost.php:4): its method is not public
1 highper: route GET /lost (Lost.php:4): its parameter $x must not be taken by reference
1 highper: #[Controller] on App\Lost in Lost.php:4: the class can't be instantiated
1 highper: route GET /one/trait (Greets.php:4) cannot be added: it matches the same paths with the same method as GET /one/trait (Lost.php:4)
1 highper: route GET /lost/{name} (Lost.php:4) cannot be added: it matches the same paths with the same method as GET /lost/{id} (Lost.php:4)
1 highper: route GET /lost/{id} (Lost.php:4): App\Lost: its constructor is not public; bind it to a closure
ok: an abstract one has them for others
