--TEST--
Application: starts that fail say one line; commands; scan without an autoloader; reload
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

mkdir(temp_path('src/Sub'), recursive: true);
mkdir(temp_path('var'));
$controller = fn (string $text) => file_put_contents(temp_path('src/Sub/HomeController.php'), <<<PHP
    <?php
    namespace App\Sub;
    use App\Helper;
    use Highper\Attribute\{Controller, Get, Post, Status};
    #[Controller('/home')]
    final class HomeController {
        public function __construct(private Helper \$helper) {}
        #[Get, Get('/again')] public function show(): string { return \$this->helper->say('{$text}'); }
        #[Post('/{id}'), Status(201)] public function made(int \$id): array { return [\$id]; }
    }
    PHP);
$controller('one');
file_put_contents(temp_path('src/Helper.php'), '<?php namespace App; final class Helper { function say(string $t) { return "said {$t}"; } }');
$script = '<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->run([$argv[0], ...array_slice($argv, 2)]));';
$server = Server::start($script, ['--workers', '1']);
check('scanned', $server->get('/home')->body, 'said one');
check('twice', $server->get('/home/again')->body, 'said one');
$answer = $server->request('POST', '/home/7');
check('status attribute', [$answer->status, $answer->body], [201, '[7]']);
$command = fn (string ...$words) => Server::start($script, $words, wait: false, port: $server->port);
$status = $command('status');
check('status', [$status->waitForEnd(), str_contains($status->log(), "manager process {$server->pid}")], [0, true]);
$taken = $command('start');
check('port taken', [$taken->waitForEnd(), substr_count(trim($taken->log()), "\n"), str_contains($taken->log(), "highper: cannot listen on 127.0.0.1:{$server->port}")], [1, 0, true]);
$controller('two');
check('reload', $command('reload')->waitForEnd(), 0);
wait_until(fn () => $server->get('/home')->body === 'said two', 'the new code');
$controller("'; syntax error");
$command('reload')->waitForEnd();
$server->waitForLog("a worker can't start");
check('the old generation serves', $server->get('/home')->body, 'said two');
check('stop', $command('stop')->waitForEnd(), 0);
check('exit code', $server->waitForEnd(), 0);

$fails = function (string $code, array $words = []): string {
    $failing = Server::start("<?php exit(Highper\\Application::create(__DIR__){$code}->run([\$argv[0], ...array_slice(\$argv, 2)]));", $words, wait: false);
    $exit = $failing->waitForEnd();
    return "{$exit} " . trim(preg_replace('~/\S*/~', '', $failing->log())) . "\n";
};
echo $fails('->settings(["worker" => 1])');
echo $fails('->settings(["workers" => "many"])');
echo $fails('->settings(["max_body_size" => "8Q"])');
echo $fails('->get("/{id}/{id}", fn () => 1)');
echo $fails('->get("/a", fn () => 1)->get("/a", fn () => 2)');
echo $fails('->get("/a", fn (int $x) => 1)');
echo $fails('->get("/a", ["Nope", "x"])');
echo $fails('->onStart(fn () => throw new Exception("no database\nmore"))');
echo $fails('->static("/", "nofolder")');
echo $fails('', ['--workers', '0']);
echo $fails('', ['frobnicate']);
?>
--EXPECTF--
ok: scanned
ok: twice
ok: status attribute
ok: status
ok: port taken
ok: reload
ok: the old generation serves
ok: stop
ok: exit code
1 highper: there is no setting 'worker'; did you mean 'workers'?
1 highper: setting 'workers' must be an integer of at least 1, 'many' given
1 highper: setting 'max_body_size' must be bytes, as 4096 or '8M', '8Q' given
1 highper: cannot start: route GET {id} (%s:1) cannot be added: the parameter {id} occurs twice
1 highper: cannot start: route GET /a (%s:1) cannot be added: it matches the same paths with the same method as GET /a (%s:1)
1 highper: cannot start: route GET /a (%s:1): its parameter $x (int) is not in the path; mark it with #[Query], #[Header], #[Cookie], #[Body] or #[File], or give it a default
1 highper: cannot start: route GET /a (%s:1): there is no class Nope
1 highper: cannot start: no database
1 highper: cannot start: cannot open the document root %s
2 highper: --workers must be a number from 1 to 1024 or auto, '0' given
2 highper: unknown command 'frobnicate'%s
