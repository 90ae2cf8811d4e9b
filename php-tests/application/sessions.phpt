--TEST--
Sessions: lazy, locked, rotated, flashed, timed out; in files, memory, cookies and a store of one's own; CSRF
--TIMEOUT--
60
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{HttpAnswer, HttpClient, Server};

$code = <<<'PHP'
    <?php
    use Highper\Attribute\CsrfExempt;
    use Highper\Http\{Csrf, Forbidden, Request, Response};
    use Highper\Session;
    final class Down { static bool $is = false; }
    final class OwnStore implements Session\Store {
        static array $all = [];
        public function read(string $name): ?string { if (Down::$is) { throw new RuntimeException('nobody listens on 6379'); } usleep(1000); return self::$all[$name] ?? null; }
        public function write(string $name, string $data, int $seconds): void { if (Down::$is) { throw new RuntimeException('nobody listens on 6379'); } self::$all[$name] = $data; }
        public function delete(string $name): void { unset(self::$all[$name]); }
    }
    final class User { public function __construct(public string $name) {} }
    $settings = json_decode($argv[2], true);
    $app = Highper\Application::create(__DIR__)->settings(['workers' => $settings['workers'] ?? 1, 'access_log' => false])->sessions($settings['sessions']);
    $app->get('/untouched', fn (Session $s) => 'nothing');
    $app->get('/read', fn (Session $s) => [$s->get('a'), $s->get('b', 'none'), $s->has('a'), $s->all()]);
    $app->get('/set', function (Session $s) { $s->set('a', 1); $s->set('user', new User('Ada')); return $s->get('user')->name; });
    $app->get('/count', function (Session $s) { $n = $s->get('n', 0); usleep(2000); $s->set('n', $n + 1); return $n + 1; });
    $app->get('/forget', function (Session $s) { $s->forget('a', 'zzz'); return [$s->pull('n'), $s->all()]; });
    $app->get('/flash', function (Session $s) { $s->flash('message', 'saved'); return $s->get('message'); });
    $app->get('/keep', function (Session $s) { $s->keep(); return $s->get('message'); });
    $app->get('/login', function (Session $s) { $s->regenerate(); $s->set('who', 'ada'); return 'in'; });
    $app->get('/who', fn (Request $r) => $r->session()->get('who', 'nobody'));
    $app->get('/logout', function (Session $s) { $s->invalidate(); return 'out'; });
    $app->get('/fails', function (Session $s) { $s->set('tries', $s->get('tries', 0) + 1); throw new Forbidden('try ' . $s->get('tries')); });
    $app->get('/long', function (Session $s) { $s->set('long', 1); $s->save(); try { $s->set('late', 1); } catch (Error $e) { return $s->get('long') . $e->getMessage(); } });
    $app->get('/stream', function (Session $s) { $s->set('streamed', 1); return Response::stream(['x', 'y']); });
    $app->get('/big', function (Session $s) { $s->set('big', random_bytes(6000)); return 'big'; });
    $app->get('/slow', function (Session $s) { $s->set('slow', 1); usleep(400_000); return 'slow'; });
    $app->get('/down', function () { Down::$is = true; return 'down'; });
    $app->get('/up', function () { Down::$is = false; return 'up'; });
    $app->get('/token', fn (Session $s) => $s->token());
    $app->post('/form', fn (Request $r) => 'posted ' . $r->form('x'), Csrf::class);
    $app->post('/hook', #[CsrfExempt] fn () => 'hooked', Csrf::class);
    $app->get('/form', fn () => 'read', Csrf::class);
    exit($app->run([$argv[0]]));
    PHP;

/** A browser: it keeps the cookie. */
final class Browser
{
    public string $cookie = '';
    public ?HttpAnswer $last = null;

    public function __construct(private int $port) {}

    public function __invoke(string $path, string $method = 'GET', string $body = '', array $headers = []): string
    {
        $headers += $this->cookie === '' ? [] : ['Cookie' => $this->cookie];
        $headers += $body === '' ? [] : ['Content-Type' => 'application/x-www-form-urlencoded'];
        $this->last = (new HttpClient($this->port))->request($method, $path, $body, $headers);
        foreach ($this->last->headers('set-cookie') as $line) {
            $this->cookie = str_contains($line, '=deleted') || str_contains($line, '=;') ? '' : explode(';', $line)[0];
        }

        return $this->last->body;
    }
}

$start = fn (array $sessions, int $workers = 1) => Server::start($code, [json_encode(['sessions' => $sessions, 'workers' => $workers])], environment: ['APP_KEY' => 'base64:' . base64_encode(str_repeat('k', 32)), 'LOG_LEVEL' => 'info']);

foreach (['file' => ['folder' => temp_path('sessions')], 'memory' => ['memory' => '1M'], 'cookie' => [], OwnStore::class => []] as $store => $more) {
    $server = $start(['store' => $store, 'idle' => 3600] + $more);
    $b = new Browser($server->port);
    $got = [$b('/untouched'), $b->cookie, $b('/read'), $b->cookie, $b('/set'), $b->cookie !== '', $b('/read')];
    check("{$store}: lazy, and kept", $got, ['nothing', '', '[null,"none",false,[]]', '', 'Ada', true, '[1,"none",true,{"a":1,"user":{"name":"Ada"}}]']);
    check("{$store}: others have others", (new Browser($server->port))('/read'), '[null,"none",false,[]]');
    check("{$store}: changes", [$b('/count'), $b('/count'), $b('/forget')], ['1', '2', '[2,{"user":{"name":"Ada"}}]']);
    check("{$store}: flash", [$b('/flash'), $b('/keep'), json_decode($b('/read'), true)[3]['message'] ?? null, json_decode($b('/read'), true)[3]['message'] ?? null], ['saved', 'saved', 'saved', null]);
    $old = $b->cookie;
    $got = [$b('/login'), $b('/who'), $b->cookie !== $old];
    check("{$store}: rotated", $got, ['in', 'ada', true]);
    if ($store !== 'cookie') {
        $thief = new Browser($server->port);
        $thief->cookie = $old;
        check("{$store}: the old id is good for nothing", $thief('/who'), 'nobody');
        $thief->cookie = 'session=' . str_repeat('A', 43);
        check("{$store}: an id of one's own is none", [$thief('/set'), $thief->cookie === 'session=' . str_repeat('A', 43)], ['Ada', false]);
    }
    $b('/logout');
    check("{$store}: logged out", [$b->cookie, $b('/who')], ['', 'nobody']);
    check("{$store}: an answer with an error keeps it too", [$b('/fails', headers: ['Accept' => 'application/json']) !== '', json_decode($b('/fails'), true)['detail'] ?? null], [true, 'try 2']);
    check("{$store}: written before the end", $b('/long'), '1the session was written already, with the response or by save(): change it before');
    check("{$store}: written before a stream", [$b('/stream'), str_contains($b('/read'), 'streamed')], ['xy', true]);
    if ($store === 'cookie') {
        check('cookie: too much for one', [$b('/big') !== 'big', $b->last->status], [true, 503]);
        $server->waitForLog('choose the store');
        foreach (['session=x', 'session=' . strrev($b->cookie), str_replace('session=', 'session=A', $b->cookie)] as $cookie) {
            $forger = new Browser($server->port);
            $forger->cookie = $cookie;
            $forged[] = $forger('/read');
        }
        check('cookie: what was not sealed is none', array_unique($forged), ['[null,"none",false,[]]']);
    }
    if ($store === OwnStore::class) {
        $b('/down');
        check('the store is down', [$b('/read') !== '', $b->last->status], [true, 503]);
        $server->waitForLog("a session can't be read: nobody listens on 6379");
        $b('/up');
        check('and up again', str_contains($b('/read'), 'streamed'));
    }
    check("{$store}: ends", $server->stop(), 0);
}

// Requests of one session, at the same time and in several workers: no write is lost.
foreach (['file' => ['folder' => temp_path('sessions')], 'memory' => []] as $store => $more) {
    $server = $start(['store' => $store] + $more, 3);
    $b = new Browser($server->port);
    $b('/count');
    $clients = [];
    for ($i = 0; $i < 12; $i++) {
        $clients[] = new HttpClient($server->port, 20.0);
    }
    for ($round = 0; $round < 5; $round++) {
        foreach ($clients as $client) {
            $client->send('GET', '/count', '', ['Cookie' => $b->cookie]);
        }
        foreach ($clients as $client) {
            $client->receive();
        }
    }
    check("{$store}: no write is lost", $b('/count'), '62');
    $server->kill();
}

// Time-outs, cookie settings, locks.
$server = $start(['store' => 'memory', 'idle' => 1, 'cookie' => 'sid', 'secure' => true, 'same_site' => 'Strict', 'persistent' => true, 'path' => '/', 'lock_timeout' => 0.1]);
$b = new Browser($server->port);
$b('/set');
check('the cookie', preg_match('~^sid=[\w-]{43}; expires=[^;]+; Max-Age=1; path=/; secure; HttpOnly; SameSite=Strict$~i', $b->last->header('set-cookie')) ?: $b->last->header('set-cookie'), 1);
usleep(2_100_000);
check('its time is over', $b('/read'), '[null,"none",false,[]]');
$b('/set');
$slow = new HttpClient($server->port);
$slow->send('GET', '/slow', '', ['Cookie' => $b->cookie]);
wait_until(function () use ($b) { $b('/read'); return $b->last->status === 503; }, 'somebody else holds it');
check('held for too long', $slow->receive()->body, 'slow');
$server->kill();

// Forged requests.
$server = $start(['store' => 'memory']);
$b = new Browser($server->port);
$token = $b('/token');
check('tokens are masked', [strlen($token), $token !== $b('/token')], [86, true]);
check('by field and by header', [$b('/form', 'POST', 'x=1&_token=' . $token), $b('/form', 'POST', 'x=2', ['X-CSRF-Token' => $b('/token')])], ['posted 1', 'posted 2']);
$statuses = [];
foreach ([['x=1', []], ['x=1&_token=' . strrev($token), []], ['x=1&_token[]=1', []], ['x=1', ['X-CSRF-Token' => 'x']]] as [$body, $headers]) {
    $b('/form', 'POST', $body, $headers);
    $statuses[] = $b->last->status;
}
check('without it', $statuses, [419, 419, 419, 419]);
$other = new Browser($server->port);
$other('/form', 'POST', 'x=1&_token=' . $token);
check("another's", $other->last->status, 419);
check('exempt, and reading', [$other('/hook', 'POST', 'x=1'), $other('/form')], ['hooked', 'read']);
$server->kill();

// What is wrong is said at the start.
foreach ([['store' => 'cookie', 'key' => 'short'], ['stor' => 'file'], ['store' => 'NoClass'], ['store' => 'Down'], ['same_site' => 'no'], ['idle' => 0], ['cookie' => 'a b'], ['folder' => '/proc/no']] as $wrong) {
    $server = Server::start($code, [json_encode(['sessions' => $wrong])], wait: false);
    $server->waitForEnd();
    $lines[] = preg_match('~highper: (?:cannot start: )?([^\n]{1,60})~', $server->log(), $m) ? $m[1] : $server->log();
}
print_r($lines);
--EXPECTF--
ok: file: lazy, and kept
ok: file: others have others
ok: file: changes
ok: file: flash
ok: file: rotated
ok: file: the old id is good for nothing
ok: file: an id of one's own is none
ok: file: logged out
ok: file: an answer with an error keeps it too
ok: file: written before the end
ok: file: written before a stream
ok: file: ends
ok: memory: lazy, and kept
ok: memory: others have others
ok: memory: changes
ok: memory: flash
ok: memory: rotated
ok: memory: the old id is good for nothing
ok: memory: an id of one's own is none
ok: memory: logged out
ok: memory: an answer with an error keeps it too
ok: memory: written before the end
ok: memory: written before a stream
ok: memory: ends
ok: cookie: lazy, and kept
ok: cookie: others have others
ok: cookie: changes
ok: cookie: flash
ok: cookie: rotated
ok: cookie: logged out
ok: cookie: an answer with an error keeps it too
ok: cookie: written before the end
ok: cookie: written before a stream
ok: cookie: too much for one
ok: cookie: what was not sealed is none
ok: cookie: ends
ok: OwnStore: lazy, and kept
ok: OwnStore: others have others
ok: OwnStore: changes
ok: OwnStore: flash
ok: OwnStore: rotated
ok: OwnStore: the old id is good for nothing
ok: OwnStore: an id of one's own is none
ok: OwnStore: logged out
ok: OwnStore: an answer with an error keeps it too
ok: OwnStore: written before the end
ok: OwnStore: written before a stream
ok: the store is down
ok: and up again
ok: OwnStore: ends
ok: file: no write is lost
ok: memory: no write is lost
ok: the cookie
ok: its time is over
ok: held for too long
ok: tokens are masked
ok: by field and by header
ok: without it
ok: another's
ok: exempt, and reading
Array
(
    [0] => sessions(): cookies need a key, APP_KEY in the environment o
    [1] => sessions(): there is no setting 'stor'; there are store, fol
    [2] => NoClass: there is no such class
    [3] => sessions(): Down is no store: it does not implement Highper\
    [4] => sessions(): same_site must be Lax, Strict or None, 'no' give
    [5] => sessions(): idle must be a number of seconds greater than 0,
    [6] => sessions(): the session's cookie can't be sent: The name can
    [7] => sessions(): the folder /proc/no can't be used: No such file 
)
