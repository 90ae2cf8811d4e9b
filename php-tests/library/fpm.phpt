--TEST--
A proxy before PHP-FPM: scripts, their answers, files beside them
--EXTENSIONS--
highper
--CONFLICTS--
all
--SKIPIF--
<?php require __DIR__ . '/../lib/test.php'; echo HighperTest\Daemon::missing(HighperTest\Daemon::fpmName()); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Daemon, Server};
use function Swoole\Coroutine\{go, run};
use Swoole\Coroutine\FastCGI\Client;
use Swoole\Coroutine\WaitGroup;

$root = HighperTest\temp_path('site');
mkdir("{$root}/sub", 0755, true);
file_put_contents("{$root}/sub/index.php", '<?php http_response_code(202); header("X-Uri: {$_SERVER["REQUEST_URI"]}"); setcookie("a", "1"); setcookie("b", "2"); echo json_encode([$_SERVER["REQUEST_METHOD"], $_GET, $_POST, $_SERVER["HTTP_X_ME"] ?? null, $_SERVER["HTTPS"] ?? null, $_SERVER["REMOTE_ADDR"]]);');
file_put_contents("{$root}/sleep.php", '<?php usleep(100000); echo $_GET["n"] ?? "", strlen(file_get_contents("php://input"));');
file_put_contents("{$root}/style.css", 'a{}');
file_put_contents(dirname($root) . '/site-secret.txt', 'secret');
$fpm = Daemon::fpm();

run(static function () use ($fpm, $root) {
    check('call()', [Client::call("unix:/{$fpm->socket}", "{$root}/sleep.php?n=5"), Client::call($fpm->socket, "{$root}/sleep.php", str_repeat('x', 200_000))], ['50', '200000']);
    $group = new WaitGroup();
    $start = microtime(true);
    for ($i = 0; $i < 4; $i++) {
        $group->add();
        go(static function () use ($fpm, $root, $group, $i) { check("its own answer", Client::call($fpm->socket, "{$root}/sleep.php?n={$i}"), "{$i}0"); $group->done(); });
    }
    $group->wait();
    $time = microtime(true) - $start;
    check('two at a time', $time > 0.19 && $time < 1 ?: $time);
});

$server = Server::start(<<<'PHP'
    <?php
    $http = new Swoole\Http\Server('127.0.0.1', (int) $argv[1]);
    $http->set(['worker_num' => 1]);
    $proxy = (new Swoole\Coroutine\FastCGI\Proxy($argv[2], $argv[3]))->withTimeout(2)->withHttps(true);
    $http->on('request', function ($request, $response) use ($proxy) { $proxy->pass($request, $response); });
    $http->start();
    PHP, [$fpm->socket, $root]);
$answer = $server->get('/sub/?x=1', ['X-Me' => 'here']);
check('the index of a folder', [$answer->status, $answer->header('x-uri'), json_decode($answer->body, true)], [202, '/sub/?x=1', ['GET', ['x' => '1'], [], 'here', '1', '127.0.0.1']]);

check('its cookies', array_map(fn ($line) => strtok($line, ';'), $answer->headers('set-cookie')), ['a=1', 'b=2']);
$answer = $server->request('POST', '/sub/index.php', 'k=v', ['Content-Type' => 'application/x-www-form-urlencoded']);
check('a form', json_decode($answer->body, true)[2], ['k' => 'v']);
check('a file', [$server->get('/style.css')->body, $server->get('/style.css')->header('content-type')], ['a{}', 'text/css']);
check('no file', $server->get('/none.css')->status, 404);
check('nothing outside of the root', [$server->get('/../site-secret.txt')->status, $server->get('/%2e%2e/site-secret.txt')->status], [404, 404]);
?>
--EXPECT--
ok: call()
ok: its own answer
ok: its own answer
ok: its own answer
ok: its own answer
ok: two at a time
ok: the index of a folder
ok: its cookies
ok: a form
ok: a file
ok: no file
ok: nothing outside of the root
