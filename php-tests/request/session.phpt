--TEST--
With superglobals=request sessions belong to their requests: the same id waits without a deadlock, others do not, by files and by a user's handler
--EXTENSIONS--
session
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

mkdir($folder = temp_path('sessions'));
$code = <<<'PHP'
    <?php
    class Store implements SessionHandlerInterface {
        public static array $data = []; public static int $open = 0;
        public function open($path, $name): bool { usleep(100); self::$open++; return true; }
        public function close(): bool { usleep(100); self::$open--; return true; }
        public function read($id): string|false { usleep(200); return self::$data[$id] ?? ''; }
        public function write($id, $data): bool { usleep(200); self::$data[$id] = $data; return true; }
        public function destroy($id): bool { unset(self::$data[$id]); return true; }
        public function gc($max): int|false { return 0; }
    }
    $app = Highper\Application::create(__DIR__)->settings(['superglobals' => 'request', 'workers' => 1, 'listen' => "127.0.0.1:{$argv[1]}"]);
    if (isset($argv[2])) { $app->onStart(fn () => session_set_save_handler(new Store, false)); }
    $app->get('/count', function () { session_start(); $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1; usleep(500); return [session_id(), $_SESSION['n']]; });
    $app->get('/closes', function () { session_start(); $_SESSION['n'] = 5; session_write_close(); usleep(1000); $_SESSION['n'] = 6; return [session_status(), $_SESSION]; });
    $app->get('/none', fn () => [session_status(), isset($_SESSION), session_id()]);
    $app->get('/new', function () { session_start(); $old = session_id(); usleep(200); session_regenerate_id(true); return [$old, session_id(), $_SESSION]; });
    $app->get('/destroy', function () { session_start(); usleep(200); return [session_destroy(), session_status()]; });
    $app->get('/own', function () {
        session_name('OWN'); session_set_cookie_params(['httponly' => true, 'path' => '/x']); ini_set('session.cache_limiter', 'private');
        usleep(1000); session_start(); usleep(500);
        return [session_name(), ini_get('session.name'), session_get_cookie_params()['path'], session_cache_limiter(), SID];
    });
    $app->get('/names', fn () => [session_name(), ini_get('session.name'), session_get_cookie_params()['path'], session_cache_limiter()]);
    $app->get('/throws', function () { session_start(); $_SESSION['n'] = 40; throw new RuntimeException('on purpose'); });
    $app->get('/child', function () { session_start(); Highper\scope(fn () => [Highper\async(function () { usleep(500); $_SESSION['child'] = 1; })]); return $_SESSION; });
    $app->get('/again', function () { go(function () { usleep(20000); session_start(); $_SESSION['late'] = $_GET['n']; }); return 'x'; });
    $app->get('/open', fn () => class_exists('Store', false) ? Store::$open : 0);
    exit($app->run([$argv[0]]));
    PHP;
foreach (['files' => [], 'user' => ['user']] as $kind => $arguments) {
    $server = Server::start($code, $arguments, ini: ['session.save_path' => $folder, 'session.use_only_cookies' => '0', 'session.use_strict_mode' => '0', 'session.gc_probability' => '0', 'log_errors' => '0', 'display_errors' => '0']);
    $get = fn (string $path, ?string $id = null) => $server->request('GET', $path, '', $id === null ? [] : ['Cookie' => "PHPSESSID={$id}"]);
    $answer = $get('/count');
    $cookie = $answer->headers('Set-Cookie');
    check("{$kind}: a new one", [count($cookie), str_starts_with($cookie[0], 'PHPSESSID=' . $answer->json()[0]), $answer->json()[1]], [1, true, 1]);
    check("{$kind}: nocache", [$answer->header('Pragma'), str_contains($answer->header('Cache-Control'), 'no-store')], ['no-cache', true]);
    $answer = $get('/count', $answer->json()[0]);
    check("{$kind}: again", [$answer->json()[1], $answer->headers('Set-Cookie')], [2, []]);
    check("{$kind}: no session", $get('/none', 'abc')->json(), [1, false, '']);

    $parallel = function (int $count, callable $path, callable $id) use ($server) {
        $clients = $answers = [];
        for ($i = 0; $i < $count; $i++) {
            $clients[$i] = new HttpClient($server->port, 20);
            $clients[$i]->send('GET', $path($i), '', ['Cookie' => 'PHPSESSID=' . $id($i)]);
        }
        foreach ($clients as $i => $client) {
            $answers[$i] = $client->receive()->json();
        }
        return $answers;
    };
    $answers = $parallel(50, fn () => '/count', fn ($i) => "id{$i}");
    check("{$kind}: different ids", $answers, array_map(fn ($i) => ["id{$i}", 1], range(0, 49)));
    if ($kind === 'files') {
        $counts = array_column($parallel(50, fn () => '/count', fn () => 'same'), 1);
        sort($counts);
        check("{$kind}: the same id", $counts, range(1, 50));
    }
    check("{$kind}: closed early", [$get('/closes', 'c')->json(), $get('/count', 'c')->json()[1]], [[1, ['n' => 6]], 6]);
    [$old, $new, $data] = $get('/new', 'id1')->json();
    check("{$kind}: a new id", [$old, $new !== $old, $data, $get('/count', 'id1')->json()[1], $get('/count', $new)->json()[1]], ['id1', true, ['n' => 1], 1, 2]);
    check("{$kind}: destroyed", [$get('/destroy', 'id2')->json(), $get('/count', 'id2')->json()[1]], [[true, 1], 1]);
    $names = ['PHPSESSID', 'PHPSESSID', '/', 'nocache'];
    $mixed = $parallel(30, fn ($i) => $i % 2 ? '/names' : '/own', fn ($i) => "mixed{$i}");
    $good = true;
    foreach ($mixed as $i => $answer) {
        if ($i % 2 === 0) {
            $good = $good && preg_match('/^OWN=\w+$/', array_pop($answer)) === 1 && $answer === ['OWN', 'OWN', '/x', 'private'];
        } else {
            $good = $good && $answer === $names;
        }
    }
    check("{$kind}: names and parameters", [$good, $get('/names')->json()], [true, $names]);
    check("{$kind}: written although it throws", [$get('/throws', 't')->status, $get('/count', 't')->json()[1]], [500, 41]);
    check("{$kind}: a child's", $get('/child', 'k')->json(), ['child' => 1]);
    if ($kind === 'files') {
        $get('/again?n=9', 'late');
        HighperTest\wait_until(fn () => is_file("{$folder}/sess_late") && filesize("{$folder}/sess_late") > 0, 'the session');
        check("{$kind}: begun after the answer", file_get_contents("{$folder}/sess_late"), 'late|s:1:"9";');
    }
    check("{$kind}: all closed", $get('/open')->json(), 0);
    check("{$kind}: stop", [$server->stop(), $server->log() === '' || !preg_match('/warning|fatal|segmentation/i', preg_replace('/.*on purpose.*/', '', $server->log()))], [0, true]);
}
?>
--EXPECT--
ok: files: a new one
ok: files: nocache
ok: files: again
ok: files: no session
ok: files: different ids
ok: files: the same id
ok: files: closed early
ok: files: a new id
ok: files: destroyed
ok: files: names and parameters
ok: files: written although it throws
ok: files: a child's
ok: files: begun after the answer
ok: files: all closed
ok: files: stop
ok: user: a new one
ok: user: nocache
ok: user: again
ok: user: no session
ok: user: different ids
ok: user: closed early
ok: user: a new id
ok: user: destroyed
ok: user: names and parameters
ok: user: written although it throws
ok: user: a child's
ok: user: all closed
ok: user: stop
