--TEST--
The notes example end to end: list, create, edit, search, delete; a database that can't be written
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{Console, Server};

$script = getenv('HIGHPER_ROOT') . '/examples/notes/server.php';
file_put_contents(temp_path('start.php'), '<?php $argv = [$argv[0], "--workers", "1"]; exit((require ' . var_export(dirname($script) . '/bootstrap/app.php', true) . ')->run($argv));');
$server = Server::start(temp_path('start.php'), environment: ['DATABASE_URL' => 'sqlite:' . temp_path('notes.sqlite')]);
$send = fn (string $method, string $path, array $body = []) => $server->request($method, $path, $body ? json_encode($body) : '', ['Content-Type' => 'application/json']);
check('page', str_contains($server->get('/')->body, '<!doctype html>'));
check('empty', $server->get('/api/notes')->json(), ['items' => [], 'total' => 0, 'page' => 1, 'pages' => 1]);
$answer = $send('POST', '/api/notes', ['title' => 'Milk', 'body' => 'two <litres>']);
check('created', [$answer->status, $answer->header('Location'), $answer->json()['title']], [201, '/api/notes/1', 'Milk']);
check('middleware', str_starts_with((string) $answer->header('Server-Timing'), 'app;dur='));
$send('POST', '/api/notes', ['title' => 'Bread', 'body' => '']);
check('edited', $send('PUT', '/api/notes/1', ['title' => 'Oat milk', 'body' => 'x'])->json()['title'], 'Oat milk');
check('found', array_column($server->get('/api/notes?q=oat')->json()['items'], 'id'), [1]);
check('stats', $server->get('/api/stats')->json()['notes'], 2);
check('page of a note', str_contains($server->get('/notes/1')->body, '<h1>Oat milk</h1>'));
check('deleted', $send('DELETE', '/api/notes/1')->status, 204);
$answer = $server->get('/api/notes/1');
check('gone', [$answer->status, $answer->json()['detail']], [404, 'There is no note 1']);
$answer = $send('POST', '/api/notes', ['title' => '']);
check('invalid', [$answer->status, $answer->json()['errors']], [422, ['title' => ['must have 1 to 200 characters']]]);
check('invalid in all ways', $send('POST', '/api/notes', ['title' => "a\x01", 'body' => 7])->json()['errors'], ['body' => ['must be a text, int given'], 'title' => ['must be valid UTF-8 without control characters']]);
check('trimmed', $send('POST', '/api/notes', ['title' => '  Eggs '])->json()['title'], 'Eggs');
check('page limits', $server->get('/api/notes?page=0&size=101')->json()['detail'], 'page must be from 1 to 1000000');
check('another site', $server->request('POST', '/api/notes', '{}', ['Sec-Fetch-Site' => 'cross-site', 'Content-Type' => 'application/json'])->status, 403);
check('bad page', $server->get('/api/notes?page=abc')->json()['detail'], "page must be an integer, 'abc' given");
check('bad path', $server->get('/api/notes/abc')->status, 404);
check('health', $server->get('/health')->json(), ['status' => 'ok']);
$notes = new Console($script, ['DATABASE_URL' => 'sqlite:' . temp_path('notes.sqlite')]);
check('a command', [$notes->run(['notes:purge', '30', '--force']), $notes->run(['notes:purge', '30'])], [[0, "0 notes deleted\n", ''], [1, "Nothing was deleted.\n", '']]);
check('a wrong one', $notes->run(['notes:purge', '0'])[0], 2);
check('stop', $server->stop(), 0);

$failing = Server::start(temp_path('start.php'), environment: ['DATABASE_URL' => 'sqlite:' . temp_path('start.php/notes.sqlite')], wait: false);
check('no database', [$failing->waitForEnd(), substr_count($failing->log(), 'cannot start'), (bool) preg_match('~^highper: cannot start: [^\n]+$~Dm', $failing->log())], [1, 1, true]);
?>
--EXPECT--
ok: page
ok: empty
ok: created
ok: middleware
ok: edited
ok: found
ok: stats
ok: page of a note
ok: deleted
ok: gone
ok: invalid
ok: invalid in all ways
ok: trimmed
ok: page limits
ok: another site
ok: bad page
ok: bad path
ok: health
ok: a command
ok: a wrong one
ok: stop
ok: no database
