--TEST--
Filters: limits count in all workers together, by address, user, route, field or not at all; 429 without PHP
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

mkdir(temp_path('src'), recursive: true);
mkdir(temp_path('var'));
file_put_contents(temp_path('src/Api.php'), <<<'PHP'
    <?php
    namespace App;
    use Highper\Attribute\{Controller, Get, Middleware};
    use Highper\Filter\RateLimit;
    final class Tag { function __invoke($request, $next) { return $next($request)->withHeader('X-Tag', 'yes'); } }
    #[Controller('/api'), RateLimit('4/h')]
    final class Api {
        #[Get('/a')] function a(): string { return 'a'; }
        #[Get('/b')] function b(): string { return 'b'; }
        #[Get('/inner'), Middleware(Tag::class, new RateLimit('2/day', by: ['route', 'header:X-Key']))] function inner(): string { return 'inner'; }
    }
    PHP);
$script = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Filter\RateLimit;
    require $argv[2] . '/src/Api.php';
    $app = Application::create($argv[2])->scan('App\\', 'src')
        ->get('/three', fn () => getmypid(), new RateLimit('3/h'))
        ->get('/burst', fn () => 'x', new RateLimit('1000/s', burst: 1))
        ->get('/all', fn () => 'x', new RateLimit('1/h', by: []));
    foreach (['one', 'two'] as $name) {
        $app->get("/own/{$name}", fn () => 'x', new RateLimit('1/h'))->get("/common/{$name}", fn () => 'x', new RateLimit('1/h', name: 'common'));
    }
    exit($app->run([$argv[0], '--workers', '3']));
    PHP;
$run = function (string $case) use ($script): void {
    $server = Server::start($script, [temp_path('')], environment: ['APP_ENV' => 'prod']);
    $status = fn (string $path, array $headers = []) => $server->get($path, $headers)->status;
    $answers = array_map(fn () => $server->get('/three'), range(1, 6));
    check("{$case}: three", array_map(fn ($a) => $a->status, $answers), [200, 200, 200, 429, 429, 429]);
    check("{$case}: what is left", array_map(fn ($a) => $a->header('RateLimit-Remaining'), $answers), ['2', '1', '0', '0', '0', '0']);
    check("{$case}: fields", [$answers[0]->header('RateLimit-Limit'), $answers[0]->header('RateLimit-Reset'), $answers[0]->header('Retry-After')], ['3', '1200', null]);
    $last = $answers[5];
    check("{$case}: refused", [$last->header('Content-Type'), $last->json()['status'], (int) $last->header('Retry-After') > 1100], ['application/problem+json', 429, true]);
    check("{$case}: a page", str_contains($server->get('/three', ['Accept' => 'text/html'])->body, 'too many requests'), true);
    check("{$case}: a controller's actions together", [$status('/api/a'), $status('/api/b'), $status('/api/a'), $status('/api/b'), $status('/api/a')], [200, 200, 200, 200, 429]);
    check("{$case}: all", [$status('/all'), $status('/all')], [200, 429]);
    check("{$case}: of its own", [$status('/own/one'), $status('/own/two'), $status('/own/one')], [200, 200, 429]);
    check("{$case}: of one name", [$status('/common/one'), $status('/common/two')], [200, 429]);
    check("{$case}: outer and inner", $status('/api/inner'), 429);
    $server->stop();
};
$run('scanned');
$run('kept');

$server = Server::start(str_replace("RateLimit('4/h')", "RateLimit('99/h')", $script), [temp_path('')], environment: ['APP_ENV' => 'dev']);
file_put_contents(temp_path('src/Api.php'), str_replace('4/h', '99/h', file_get_contents(temp_path('src/Api.php'))));
$server->stop();
$server = Server::start($script, [temp_path('')], environment: ['APP_ENV' => 'prod']);
$inner = fn (string $key) => $server->get('/api/inner', ['X-Key' => $key]);
check('behind PHP', [$inner('1')->status, $inner('1')->status, $inner('1')->status, $inner('2')->status], [200, 200, 429, 200]);
$refused = $inner('1');
check('PHP in front sees it', [$refused->status, $refused->header('X-Tag'), $refused->json()['status'], $refused->header('Content-Type')], [429, 'yes', 429, 'application/problem+json']);
for ($fine = 0, $i = 0; $i < 5; $i++) {
    $fine += $server->get('/burst')->status === 200;
    usleep(2000);
}
check('it fills again', $fine > 1, true);
?>
--EXPECT--
ok: scanned: three
ok: scanned: what is left
ok: scanned: fields
ok: scanned: refused
ok: scanned: a page
ok: scanned: a controller's actions together
ok: scanned: all
ok: scanned: of its own
ok: scanned: of one name
ok: scanned: outer and inner
ok: kept: three
ok: kept: what is left
ok: kept: fields
ok: kept: refused
ok: kept: a page
ok: kept: a controller's actions together
ok: kept: all
ok: kept: of its own
ok: kept: of one name
ok: kept: outer and inner
ok: behind PHP
ok: PHP in front sees it
ok: it fills again
