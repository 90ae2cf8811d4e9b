--TEST--
Application: errors in production and in development, by Accept
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$script = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\{HttpException, NotFound, Unprocessable};
    exit(Application::create(basePath: __DIR__)
        ->get('/boom', fn () => throw new RuntimeException('the password is tiger', previous: new LogicException('first')))
        ->get('/http', fn () => throw new HttpException(503, 'come back later', ['Retry-After' => '7']))
        ->get('/miss', fn () => throw new NotFound('no such thing'))
        ->get('/input', fn () => throw new Unprocessable(['title' => ['is too long']]))
        ->get('/exit', function () { exit(3); })
        ->get('/type', fn () => strlen([]))
        ->get('/fine', fn () => 'fine')
        ->run([$argv[0], '--workers', '1']));
    PHP;
$server = Server::start($script);
$answer = $server->get('/boom');
check('status', [$answer->status, $answer->header('Content-Type')], [500, 'application/problem+json']);
check('nothing of the inside', !str_contains($answer->body, 'tiger') && !str_contains($answer->body, '.php'));
$answer = $server->get('/boom', ['Accept' => 'text/html,*/*;q=0.5', 'X-Request-Id' => 'my-id.7']);
check('page', $answer->header('Content-Type'), 'text/html; charset=utf-8');
check('id on the page', str_contains($answer->body, 'my-id.7') && $answer->header('X-Request-Id') === 'my-id.7');
check('nothing on the page', !str_contains($answer->body, 'tiger'));
$server->waitForLog('"request_id":"my-id.7"');
check('log', str_contains($server->log(), 'Uncaught RuntimeException: the password is tiger') && str_contains($server->log(), 'server-1-'));
$answer = $server->get('/http');
check('HttpException', [$answer->status, $answer->header('Retry-After'), $answer->json()['detail']], [503, '7', 'come back later']);
$answer = $server->get('/miss');
check('NotFound', [$answer->status, $answer->json()['detail'], $answer->json()['type'], $answer->json()['title']], [404, 'no such thing', 'about:blank', 'Not Found']);
check('Unprocessable', $server->get('/input')->json()['errors'], ['title' => ['is too long']]);
check('exit', $server->get('/exit')->status, 500);
check('TypeError', $server->get('/type')->status, 500);
check('others go on', $server->get('/fine')->body, 'fine');
$answer = $server->get('/nowhere', ['Accept' => 'text/html']);
check('404 page', [$answer->status, $answer->header('Content-Type')], [404, 'text/html; charset=utf-8']);
check('stop', $server->stop(), 0);

$server = Server::start($script, environment: ['APP_ENV' => 'dev', 'API_KEY' => 'hidden-key']);
$answer = $server->get('/boom', ['Accept' => 'text/html', 'Authorization' => 'Bearer hidden-token']);
check('development', [$answer->status, str_contains($answer->body, 'RuntimeException'), str_contains($answer->body, 'tiger'), str_contains($answer->body, 'LogicException')], [500, true, true, true]);
check('source lines', str_contains($answer->body, 'come back later'));
check('secrets', !str_contains($answer->body, 'hidden-'));
check('as JSON', $server->get('/boom')->json()['exception']['class'] ?? null, 'RuntimeException');
check('stop', $server->stop(), 0);
?>
--EXPECT--
ok: status
ok: nothing of the inside
ok: page
ok: id on the page
ok: nothing on the page
ok: log
ok: HttpException
ok: NotFound
ok: Unprocessable
ok: exit
ok: TypeError
ok: others go on
ok: 404 page
ok: stop
ok: development
ok: source lines
ok: secrets
ok: as JSON
ok: stop
