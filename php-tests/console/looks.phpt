--TEST--
Console: routes, config with secrets masked, check; also of an application that is wrong
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Console;

foreach (['src', 'config', 'config/dev', 'public'] as $folder) {
    mkdir(temp_path($folder));
}
file_put_contents(temp_path('src/NoteController.php'), <<<'PHP'
    <?php
    namespace App;
    use Highper\Attribute\{Controller, Delete, Get, Middleware, Post};
    #[Controller('/notes'), Middleware(Guard::class)]
    final class NoteController {
        #[Get, \Highper\Filter\ETag] public function all(): array { return []; }
        #[Get('/{id}', name: 'note')] public function show(int $id): array { return []; }
        #[Delete('/{id}')] public function delete(int $id): void {}
    }
    PHP);
file_put_contents(temp_path('src/Guard.php'), '<?php namespace App; final class Guard { public function __invoke(\Highper\Http\Request $r, \Closure $next): \Highper\Http\Response { return $next($r); } }');
file_put_contents(temp_path('src/Tidy.php'), '<?php namespace App; use Highper\Attribute\{Command, Cron, Process}; #[Command("tidy"), Process("tidy", count: 2)] final class Tidy { #[Cron("@daily")] public function handle() {} }');
file_put_contents(temp_path('config/db.php'), '<?php return ["host" => "localhost", "port" => 3306, "password" => "hush", "url" => "mysql://me:hush@db/notes?token=hush", "tls" => false, "ratio" => 0.5, "nothing" => null, "replicas" => ["a", "b"], "secrets" => ["one" => 1, "two" => ["hush"]], "empty_key" => "", "case" => App\Kind::One, "make" => fn () => 1];');
file_put_contents(temp_path('config/app.php'), '<?php return ["name" => "Notes"];');
file_put_contents(temp_path('config/dev/app.php'), '<?php return ["name" => "Notes (dev)"];');
file_put_contents(temp_path('src/Kind.php'), '<?php namespace App; enum Kind: string { case One = "one"; }');
file_put_contents(temp_path('server.php'), <<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)->scan('App\\', 'src')
        ->middleware(fn ($request, $next) => $next($request))
        ->get('/', fn () => 'home')
        ->map(['PUT', 'PATCH'], '/notes/{id}', [App\NoteController::class, 'show'])
        ->static('/files', 'public')->health()->metrics()->openapi()
        ->onStart(function () { touch('started'); })
        ->run($argv));
    PHP);
$console = new Console(temp_path('server.php'));
$tell = function (string $words) use ($console): void {
    [$code, $out, $err] = $console->run(explode(' ', $words));
    echo $code, ' ', str_replace(temp_path(''), '', $out . $err), "--\n";
};
$tell('routes');
$tell('routes delete');
$tell('routes --json etag');
$tell('routes nothing-at-all');
$tell('config');
$tell('config db.replicas');
$tell('config db.password');
$tell('config db.secrets');
$tell('config app --json --env dev');
$tell('check --listen :8080');
check('nothing was started', file_exists(temp_path('started')), false);

$wrong = function (string $code) use ($tell): void {
    file_put_contents(temp_path('server.php'), "<?php exit(Highper\\Application::create(__DIR__)->scan('App\\\\', 'src'){$code}->run(\$argv));");
    $tell('check');
};
$wrong('->get("/a", fn () => 1)->get("/a", fn () => 2)');
$wrong('->get("/a", fn (App\Nope $nope) => 1)');
$wrong('->onStart(fn (App\Nope $nope) => 1)');
$wrong('->command("x", fn (App\Nope $nope) => 1)');
$wrong('->cron("@daily", fn (App\Nope $nope) => 1)');
$wrong('->settings(["workers" => 0])');
$wrong('->settings(["tls" => ["cert" => "none.pem", "key" => "none.pem"]])');
$wrong('->settings(["listen" => "nowhere:x"])');
file_put_contents(temp_path('config/app.php'), '<?php return 5;');
$wrong('');
?>
--EXPECT--
0 METHOD     PATH                NAME  HANDLER                       MIDDLEWARE
GET        /                         closure at server.php:4       closure at server.php:3
GET        /notes                    App\NoteController::all()     closure at server.php:3, App\Guard, ETag
DELETE     /notes/{id}               App\NoteController::delete()  closure at server.php:3, App\Guard
GET        /notes/{id}         note  App\NoteController::show()    closure at server.php:3, App\Guard
PUT|PATCH  /notes/{id}               App\NoteController::show()    closure at server.php:3, App\Guard
GET        /health                   health
GET        /health/live              health
GET        /health/ready             health
GET        /metrics                  metrics
GET        /docs                     OpenAPI
GET        /docs/openapi.json        OpenAPI
GET        /files/*                  files of public
--
0 METHOD  PATH         NAME  HANDLER                       MIDDLEWARE
DELETE  /notes/{id}        App\NoteController::delete()  closure at server.php:3, App\Guard
--
0 [
  {
    "at": "src/NoteController.php:6",
    "handler": "App\\NoteController::all()",
    "methods": [
      "GET"
    ],
    "middleware": [
      "closure at server.php:3",
      "App\\Guard",
      "ETag"
    ],
    "name": null,
    "path": "/notes"
  }
]
--
0 No route has that word in it.
--
0 app.name = "Notes"
db.case = "one"
db.empty_key = ""
db.host = "localhost"
db.make = "object of Closure"
db.nothing = null
db.password = "******"
db.port = 3306
db.ratio = 0.5
db.replicas = ["a","b"]
db.secrets.one = "******"
db.secrets.two = ["******"]
db.tls = false
db.url = "mysql://me:******@db/notes?token=******"
--
0 db.replicas = ["a","b"]
--
0 db.password = "******"
--
0 db.secrets.one = "******"
db.secrets.two = ["******"]
--
0 {
  "name": "Notes (dev)"
}
--
0 good: 5 routes, 1 command, 1 job by the clock, 2 processes; environment production, to listen on 127.0.0.1:8080
--
ok: nothing was started
1 highper: route GET /a (server.php:1) cannot be added: it matches the same paths with the same method as GET /a (server.php:1)
--
1 highper: route GET /a (server.php:1): App\Nope: there is no such class
--
1 highper: onStart() with the closure at server.php:1: App\Nope: there is no such class
--
1 highper: the command x at server.php:1: closure at server.php:1: App\Nope: there is no such class
--
1 highper: closure at server.php:1: App\Nope: there is no such class
--
1 highper: setting 'workers' must be an integer of at least 1, 0 given
--
1 highper: there is no setting 'tls.cert'; those of tls are auto, certificate, key, ocsp, passphrase, names, client_ca, min_version, ciphers
--
1 highper: 'nowhere:x' is no address to listen on: a port is a number from 0 to 65535; write host:port, :port, [ipv6]:port or unix:/path
--
1 highper: config/app.php must return an array, int returned
--
