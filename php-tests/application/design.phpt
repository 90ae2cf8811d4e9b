--TEST--
An application with all of it: objects as bodies, injection, native and PSR-15 middleware, a database, tasks, work in parallel, a room, a job by the clock, PHPUnit
--SKIPIF--
<?php
if (!is_file('/usr/share/php/Nyholm/Psr7/autoload.php') || !is_file('/usr/share/php/Psr/Log/autoload.php')) {
    echo 'skip nyholm/psr7 or psr/log is not installed (php-nyholm-psr7, php-symfony-http-client)';
}
?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{Server, WebSocketClient};

$base = __DIR__ . '/design';
$url = 'sqlite:' . temp_path('design.sqlite');
$db = new Highper\Db($url);
$db->execute('CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, owner INTEGER NOT NULL)');
mkdir(temp_path('thumbnails'));
$server = Server::start("<?php require '{$base}/autoload.php'; \$argv = ['server.php', '--workers', '2']; exit((require '{$base}/bootstrap/app.php')->run(\$argv));",
    environment: ['DATABASE_URL' => $url, 'THUMBNAILS' => temp_path('thumbnails')]);
$ann = ['Content-Type' => 'application/json', 'X-User' => '7'];

$answer = $server->request('POST', '/notes', '{"title": "Milk", "share": ["ann@example.org"]}', $ann);
check('created', [$answer->status, $answer->json()], [201, ['id' => 1, 'title' => 'Milk', 'owner' => 7]]);
check('both middleware', [str_starts_with((string) $answer->header('Server-Timing'), 'app;dur='), $answer->header('X-Psr')], [true, '15']);
$answer = $server->request('POST', '/notes', '{"title": "", "share": ["ann"]}', $ann);
check('all that is wrong', [$answer->status, $answer->json()['errors']], [422, ['share.0' => ['must be an e-mail address'], 'title' => ['must have 1 to 200 characters']]]);
check('nobody', $server->request('GET', '/notes')->status, 401);
check('shown', $server->request('GET', '/notes/1', '', $ann)->json()['title'], 'Milk');
check('not there', $server->request('GET', '/notes/2', '', $ann)->json()['detail'], 'note 2');
check('no number', [$server->request('GET', '/notes/abc', '', $ann)->status, $server->request('GET', '/notes?page=abc', '', $ann)->status], [404, 400]);
check('listed', array_column($server->request('GET', '/notes?page=1', '', $ann)->json(), 'title'), ['Milk']);
check('in parallel', $server->request('GET', '/notes/1/home', '', $ann)->json(), ['note' => ['id' => 1, 'title' => 'Milk', 'owner' => 7], 'sky' => 'blue']);
wait_until(fn () => is_file(temp_path('thumbnails/1.png')), 'a task worker has made the picture');

[$one, $two] = [new WebSocketClient($server->port, '/rooms/a', timeout: 0.5), new WebSocketClient($server->port, '/rooms/a')];
wait_until(function () use ($one, $two) {
    // What $two sends after its own open() reaches $one once that is in the room too.
    $two->send('hello');
    try {
        return $one->receive() === 'hello';
    } catch (RuntimeException) {
        return false;
    }
}, 'who is in the room hears it');
$one->send('and back');
check('a room', $two->receive(), 'and back');

$db->insert('notes', ['title' => 'old', 'owner' => 1]);
wait_until(fn () => $db->fetchValue("SELECT count(*) FROM notes WHERE title = 'old'") === 0, 'the clock has come round');
check('end', $server->stop(), 0);

$late = Server::start("<?php require '{$base}/autoload.php'; \$argv = ['server.php', '--workers', '1']; exit((require '{$base}/bootstrap/app.php')->run(\$argv));",
    environment: ['DATABASE_URL' => $url, 'THUMBNAILS' => temp_path('thumbnails'), 'WEATHER_TAKES' => '60000000']);
check('late', $late->request('GET', '/notes/1/home', '', $ann)->status, 504);
check('and it goes on', $late->request('GET', '/notes/1', '', $ann)->status, 200);
check('stopped', $late->stop(), 0);

if ($phpunit = trim((string) shell_exec('command -v phpunit'))) {
    putenv("DATABASE_URL={$url}");
    exec('cd ' . escapeshellarg($base) . ' && ' . escapeshellarg(getenv('TEST_PHP_EXECUTABLE') ?: PHP_BINARY) . " {$phpunit} --no-configuration --do-not-cache-result --colors=never --bootstrap autoload.php tests 2>&1", $output, $code);
    if ($code !== 0 || !preg_grep('/^OK \(2 tests/', $output)) echo implode("\n", $output), "\n";
}
?>
--EXPECT--
ok: created
ok: both middleware
ok: all that is wrong
ok: nobody
ok: shown
ok: not there
ok: no number
ok: listed
ok: in parallel
ok: a room
ok: end
ok: late
ok: and it goes on
ok: stopped
