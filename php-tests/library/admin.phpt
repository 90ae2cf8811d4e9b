--TEST--
The admin server: commands to processes over HTTP, its token, what it refuses
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$admin = HighperTest\free_port();
$server = Server::start(<<<'PHP'
    <?php
    class Noted { public static array $notes = ['a']; const ONE = 1; protected int $n = 2; public function say(?string $what = 'x', int ...$more): string { return $what; } }
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_PROCESS);
    $http->set(['worker_num' => 2, 'max_wait_time' => 1, 'admin_server' => "name:secret@127.0.0.1:{$argv[2]}"]);
    $http->on('workerStart', function ($server, $id) { if ($id === 0) { go(function () use ($server) { Swoole\Server\Admin::start($server); }); } });
    $http->on('request', function ($request, $response) { $response->end('x'); });
    $http->start();
    PHP, [(string) $admin]);
$token = ['X-ADMIN-SERVER-ACCESS-TOKEN' => sha1('namesecret')];
$ask = static function (string $path, string $method = 'GET', string $body = '', ?array $headers = null) use ($admin, $token): array {
    $client = new HttpClient($admin, 5.0);
    $answer = $client->request($method, "/api/{$path}", $body, ($headers ?? $token) + ['Connection' => 'close']);
    $client->close();
    return [$answer->status, json_decode($answer->body, true)];
};
HighperTest\wait_until(static fn () => @stream_socket_client("tcp://127.0.0.1:{$admin}") !== false, 'the admin server');
$server->get('/');
check('a worker', [$ask('get_worker_info/worker-1')[1]['data']['id'], $ask('get_worker_info/worker-0')[1]['data']['id'], $ask('memory_usage/worker-0')[1]['data']['usage'] > 0], [1, 0, true]);
check('the manager', is_int($ask('getpid/manager')[1]['data']['pid']));
$pids = array_map(static fn ($answer) => is_array($answer) ? $answer['data']['pid'] : json_decode($answer, true)['data']['pid'], $ask('getpid/all_worker')[1]['data']);
check('all workers', [count($pids), count(array_unique($pids))], [2, 2]);
check('its settings', array_intersect_key($ask('server_setting/master')[1]['data'], ['worker_num' => 0, 'host' => 0, 'mode' => 0]), ['mode' => SWOOLE_PROCESS, 'host' => '127.0.0.1', 'worker_num' => 2]);
check('figures', $ask('server_stats/worker-0')[1]['data']['request_count'] >= 1);
check('a class', (static function (array $class) { return [$class['constants'][0]['name'], $class['staticProperties'][0]['name'], $class['properties'][0]['modifiers'], $class['methods'][0]['name']]; })($ask('get_class_info/worker-0?class_name=Noted')[1]['data']), ['ONE', 'notes', 'protected', 'say']);
check('a method', array_column($ask('get_function_info/worker-0?class_name=Noted&function_name=say')[1]['data']['params'], 'full'), ['?string $what = x', 'int ...$more']);
check('a static property', $ask('get_static_property_value/worker-0?class_name=Noted&property_name=notes')[1]['data']['value'], var_export(['a'], true));
check('extensions', in_array('highper', array_column($ask('get_loaded_extensions/worker-0')[1]['data'], 'name'), true));
check('several at once', array_map(static fn ($answer) => $answer['data']['pid'] ?? null, $ask('multi', 'POST', json_encode(['a' => ['path' => '/api/getpid/worker-0'], 'b' => ['path' => '/api/getpid/worker-1'], 'c' => ['path' => '/api/getpid/what-ever']]))[1]), ['a' => $pids['worker-0'], 'b' => $pids['worker-1'], 'c' => null]);
check('memory of all', array_keys($ask('get_server_memory_usage/worker-0')[1]['data']) !== []);
foreach (['no token' => ['getpid/worker-0', 'GET', '', []], 'no POST' => ['server_reload/master'], 'no process' => ['getpid/nonsense-1'], 'a bad path' => ['a/b/c/d'], 'no JSON' => ['multi', 'POST', '{']] as $what => $arguments) {
    [$status, $answer] = $ask(...$arguments);
    echo "{$what}: {$status} {$answer['code']} {$answer['data']}\n";
}
check('a command that is none', $ask('nonsense/worker-0')[1]['code'] !== 0);
$server->stop();
check('both have ended', @stream_socket_client("tcp://127.0.0.1:{$admin}"), false);
?>
--EXPECT--
ok: a worker
ok: the manager
ok: all workers
ok: its settings
ok: figures
ok: a class
ok: a method
ok: a static property
ok: extensions
ok: several at once
ok: memory of all
no token: 403 4003 Bad access token
no POST: 403 4003 Bad request method
no process: 403 4003 Bad process
a bad path: 403 4003 Bad API path
no JSON: 403 4003 Syntax error
ok: a command that is none
ok: both have ended
