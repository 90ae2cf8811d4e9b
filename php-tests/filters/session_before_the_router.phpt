--TEST--
A filter before the router and the handler have one session: neither waits for the other, and what both have set is kept
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Http\{Request, Response};
    use Highper\Session;
    $app = Highper\Application::create(basePath: __DIR__)->settings(['workers' => 1, 'access_log' => false])
        ->sessions(['store' => 'memory', 'lock_timeout' => 1.0])
        ->preRouter(function (Request $r) {
            $r->session()->set('seen', $r->session()->get('seen', 0) + 1);
            return $r->path() === '/closed' ? Response::text('closed', 403) : null;
        });
    $app->get('/', function (Session $s) { $s->set('handled', $s->get('handled', 0) + 1); return $s->all(); });
    exit($app->run([$argv[0]]));
    PHP);
$get = fn (string $path, string $cookie = '') => (new HttpClient($server->port))->request('GET', $path, '', $cookie === '' ? [] : ['Cookie' => $cookie]);
$first = $get('/');
$cookie = explode(';', (string) $first->header('set-cookie'))[0];
check('both have set something', [$first->body, $get('/', $cookie)->body], ['{"seen":1,"handled":1}', '{"seen":2,"handled":2}']);
check('where it answers by itself', [$get('/closed', $cookie)->body, $get('/none', $cookie)->status], ['closed', 404]);
check('nothing is lost', $get('/', $cookie)->body, '{"seen":5,"handled":3}');
check('ends', $server->stop(), 0);
--EXPECT--
ok: both have set something
ok: where it answers by itself
ok: nothing is lost
ok: ends
