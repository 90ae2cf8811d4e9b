--TEST--
Sessions: after regenerate() neither the old id nor the old token against forgery is good for anything; the cookie is for TLS only where a trusted proxy speaks it
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Filter\TrustedProxies;
    use Highper\Http\{Csrf, Request};
    use Highper\Session;
    $app = Highper\Application::create(__DIR__)->sessions(['store' => $argv[2]]);
    $app->get('/token', fn (Session $s) => $s->token());
    $app->get('/login', function (Session $s) { $s->regenerate(); $s->set('who', 'ada'); return 'in'; });
    $app->get('/page', function (Session $s) { $s->regenerate(); $token = $s->token(); return [$token, $s->isToken($token)]; });
    $app->post('/pay', fn (Session $s) => 'paid by ' . $s->get('who', 'nobody'), Csrf::class);
    $app->get('/secure', function (Session $s) { $s->set('a', 1); return 1; }, new TrustedProxies('127.0.0.1', headers: 'Forwarded'));
    exit($app->run([$argv[0], '--workers', '1']));
    PHP, ['memory']);
$cookie = fn ($answer) => explode(';', $answer->header('Set-Cookie') ?? '')[0];
// Somebody else's session, planted in the victim's browser, whose token he knows.
$answer = $server->get('/token');
[$planted, $token] = [$cookie($answer), $answer->body];
check('before', $server->request('POST', '/pay', '', ['Cookie' => $planted, 'X-CSRF-Token' => $token])->body, 'paid by nobody');
$login = $server->get('/login', ['Cookie' => $planted]);
$own = $cookie($login);
check('another id', [$own !== '', $own !== $planted], [true, true]);
check('the old token with the new id', $server->request('POST', '/pay', '', ['Cookie' => $own, 'X-CSRF-Token' => $token])->status, 419);
check('the old id', $server->request('POST', '/pay', '', ['Cookie' => $planted, 'X-CSRF-Token' => $token])->status, 419);
$fresh = $server->get('/token', ['Cookie' => $own])->body;
check('a new token', $server->request('POST', '/pay', '', ['Cookie' => $own, 'X-CSRF-Token' => $fresh])->body, 'paid by ada');
$page = $server->get('/page', ['Cookie' => $own]);
$own = $cookie($page);
check('a form in the same answer', [$page->json()[1], $server->request('POST', '/pay', '', ['Cookie' => $own, 'X-CSRF-Token' => $page->json()[0]])->body], [true, 'paid by ada']);
check('an id that nobody has given', $cookie($server->get('/login', ['Cookie' => 'session=' . str_repeat('A', 43)])) === 'session=' . str_repeat('A', 43), false);
$secure = fn (string $forwarded) => (bool) preg_match('/; secure\b/i', $server->get('/secure', ['Forwarded' => $forwarded])->header('Set-Cookie'));
check('for TLS only', [$secure('for=192.0.2.1;proto=https'), $secure('for=192.0.2.1;proto=http')], [true, false]);
check('end', $server->stop(), 0);
?>
--EXPECT--
ok: before
ok: another id
ok: the old token with the new id
ok: the old id
ok: a new token
ok: a form in the same answer
ok: an id that nobody has given
ok: for TLS only
ok: end
