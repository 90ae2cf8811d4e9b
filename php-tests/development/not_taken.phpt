--TEST--
Development: changed code that is not taken is said on every page, the error page and in problem documents, until it is mended
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

mkdir(temp_path('src'));
$save = fn (string $file, string $text) => file_put_contents(temp_path("{$file}.tmp"), $text) && rename(temp_path("{$file}.tmp"), temp_path($file));
$save('src/Home.php', <<<'PHP'
    <?php
    namespace App;
    use Highper\Attribute\{Controller, Get};
    use Highper\Http\{NotFound, Response};
    #[Controller('/home')]
    final class Home {
        #[Get] public function show(): Response { return Response::html('<!doctype html><body><h1>Home</h1></body>'); }
        #[Get('/json')] public function json(): array { return ['a' => 1]; }
        #[Get('/boom')] public function boom(): string { throw new \LogicException('boom'); }
        #[Get('/none')] public function none(): string { throw new NotFound('no such note'); }
    }
    PHP);
$save('boot.php', '<?php return Highper\Application::create(__DIR__)->scan("App\\\\", "src")->settings(["max_wait_time" => 2]);');
$save('server.php', '<?php exit((require __DIR__ . "/boot.php")->run([$argv[0], ...array_slice($argv, 2)]));');
$server = Server::start(temp_path('server.php'), environment: ['APP_ENV' => 'dev']);
$page = function (string $path = '/home') use (&$server): string { return $server->get($path, ['Accept' => 'text/html'])->body; };
$problem = function (string $path) use (&$server): array { return $server->get($path, ['Accept' => 'application/json'])->json(); };
$plain = $page();
check('nothing is wrong', [$plain, isset($problem('/nowhere')['notTaken'])], ['<!doctype html><body><h1>Home</h1></body>', false]);

$save('src/Late.php', "<?php\nnamespace App;\nfinal class Late { function a( { <b> } }\n");
wait_until(fn () => $page() !== $plain, 'a banner');
$answer = $server->get('/home');
check('on a page', [$answer->status, preg_match('~<h1>Home</h1>\s*<aside role="alert".*Changed code is not taken.*syntax error.* in \S+/src/Late.php:3</summary>.*</aside>\s*</body>$~s', $answer->body)], [200, 1]);
check('with its lines, as text', [str_contains($answer->body, '&gt;    3  final class') || str_contains($answer->body, '>    3  final class Late { function a( { &lt;b&gt; } }'), str_contains($answer->body, '<b> }')], [true, false]);
check('its length', (int) $answer->header('Content-Length'), strlen($answer->body));
check('other answers stay', $server->get('/home/json')->body, '{"a":1}');
check('where no route is found, because it is not taken', [preg_match('~404.*not taken.*Late.php:3~s', $page('/late')), $problem('/late')['notTaken'][0]['line']], [1, 3]);
check('nor a method', [$server->request('POST', '/home')->status, $server->request('POST', '/home')->header('Allow'), $server->request('POST', '/home', '', ['Accept' => 'application/json'])->json()['notTaken'][0]['line']], [405, 'GET, HEAD, OPTIONS', 3]);
check('on the error page', preg_match('~LogicException.*not taken.*Late.php:3~s', $page('/home/boom')), 1);
check('and in its document', [$problem('/home/boom')['exception']['message'], $problem('/home/boom')['notTaken'][0]['line']], ['boom', 3]);
check('beside an exception for the client', [$problem('/home/none')['detail'], $problem('/home/none')['notTaken'][0]['line'], preg_match('~no such note.*Late.php:3~s', $page('/home/none'))], ['no such note', 3, 1]);

$save('src/Other.php', "<?php\n final class 7 {}\n");
wait_until(fn () => str_contains($page(), 'Other.php:2'), 'the second fault');
check('two of them', str_contains($page(), 'Late.php:3'));
unlink(temp_path('src/Other.php'));
$save('src/Late.php', "<?php\nnamespace App;\nfinal class Late {}\n");
check('until it is mended', (bool) wait_until(fn () => $page() === $plain, 'no banner'));

$save('src/Wrong.php', "<?php\nnamespace App;\nuse Highper\\Attribute\\{Controller, Get};\n#[Controller('/home')] final class Wrong { #[Get] function a() {} }\n");
check('a start that fails', (bool) wait_until(fn () => preg_match('~a worker can.{1,5}t start: .*Wrong.php:4~s', $page()), 'the reason'));
unlink(temp_path('src/Wrong.php'));
$save('src/Late.php', "<?php\nnamespace App;\nfinal class Late { const A = 1; }\n");
check('until it does not', (bool) wait_until(fn () => $page() === $plain, 'no banner'));

$save('boot.php', '<?php return Highper\Application::create(__DIR__)->scan("App\\\\", "src")->settings(["worker" => 1]);');
check('a program that would not start', (bool) wait_until(fn () => preg_match('~there is no setting .{1,5}worker~', $page()), 'the reason'));
$save('boot.php', '<?php return Highper\Application::create(__DIR__)->scan("App\\\\", "src")->settings(["max_wait_time" => 2, "workers" => 1]);');
check('until it would', (bool) wait_until(fn () => $page() === $plain, 'no banner'));
check('end', $server->stop(), 0);

$server = Server::start(temp_path('server.php'), ['--watch']);
$page();
$save('src/Late.php', "<?php\nfinal class 8 {}\n");
$server->waitForLog('Late.php:2');
check('nothing of it in production', [$page(), isset($problem('/nowhere')['notTaken'])], [$plain, false]);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: nothing is wrong
ok: on a page
ok: with its lines, as text
ok: its length
ok: other answers stay
ok: where no route is found, because it is not taken
ok: nor a method
ok: on the error page
ok: and in its document
ok: beside an exception for the client
ok: two of them
ok: until it is mended
ok: a start that fails
ok: until it does not
ok: a program that would not start
ok: until it would
ok: end
ok: nothing of it in production
ok: end
