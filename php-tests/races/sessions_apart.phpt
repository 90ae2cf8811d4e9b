--TEST--
Users' data stays with them: session, scoped objects, flash and locale in 100,000 interleaved requests
--TIMEOUT--
120
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

@mkdir(temp_path('lang'));
file_put_contents(temp_path('lang/en.php'), "<?php return ['hello' => 'hello'];");
file_put_contents(temp_path('lang/de.php'), "<?php return ['hello' => 'hallo'];");
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Http\Request;
    use Highper\Session;
    final class Mine { public string $who = ''; }
    $app = Highper\Application::create(__DIR__)->settings(['workers' => 1, 'access_log' => false, 'max_keep_alive_requests' => 0])->sessions(['store' => 'memory'])->scoped(Mine::class);
    $app->get('/login/{who}', function (string $who, Session $s) { $s->regenerate(); $s->set('who', $who); return 'ok'; });
    $app->get('/me/{who}', function (string $who, Session $s, Mine $mine, Request $r, Highper\Translator $t) {
        $hello = (int) substr($who, 1) % 2 ? 'hallo' : 'hello';
        if ($mine->who !== '') { return 'a scope of another'; }
        $mine->who = $who;
        if ($r->param('who')[0] !== 'r') { Highper\async(fn () => 1)->await(); }
        if (mt_rand(0, 3) === 0) { usleep(1); }
        $s->flash('last', $who);
        return $t->get('hello') === $hello && $s->get('who') === $who && $mine->who === $who && $s->get('last') === $who ? $who : "mixed: {$s->get('who')} {$mine->who} {$who}";
    });
    exit($app->run([$argv[0]]));
    PHP);

// Every user has several connections, so that their requests are under way at the same time.
const USERS = 20, EACH = 5, DEPTH = 20;
$clients = [];
for ($user = 0; $user < USERS; $user++) {
    $login = (new HttpClient($server->port))->request('GET', "/login/u{$user}");
    $cookie = explode(';', $login->header('set-cookie'))[0];
    for ($i = 0; $i < EACH; $i++) {
        $clients[] = [new HttpClient($server->port, 30.0), "u{$user}", $cookie];
    }
}
$right = $wrong = 0;
for ($round = 0; $round < 100_000 / (USERS * EACH * DEPTH); $round++) {
    foreach ($clients as [$client, $who, $cookie]) {
        $locale = (int) substr($who, 1) % 2 ? 'de' : 'en';
        $client->connection->send(str_repeat("GET /me/{$who} HTTP/1.1\r\nHost: x\r\nCookie: {$cookie}\r\nAccept-Language: {$locale}\r\n\r\n", DEPTH));
    }
    foreach ($clients as [$client, $who]) {
        for ($i = 0; $i < DEPTH; $i++) {
            $body = $client->receive()->body;
            $body === $who ? $right++ : $wrong++;
            if ($body !== $who && $wrong < 4) {
                echo "{$who}: {$body}\n";
            }
        }
    }
}
check('right', [$right, $wrong], [100_000, 0]);
check('ends', $server->stop(), 0);
--EXPECT--
ok: right
ok: ends
