--TEST--
One session in two workers and in many coroutines of each: every request counts, none is lost, and other sessions do not wait for it
--EXTENSIONS--
session
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\{HttpClient, Server};

mkdir($folder = temp_path('sessions'));
$server = Server::start(<<<'PHP'
    <?php
    $app = Highper\Application::create(__DIR__)->settings(['superglobals' => 'request', 'workers' => 2, 'listen' => "127.0.0.1:{$argv[1]}"]);
    $app->get('/', function () {
        session_start();
        $n = $_SESSION['n'] ?? 0;
        usleep(300);
        $_SESSION['n'] = $n + 1;
        return $_SESSION['n'];
    });
    $app->get('/long', function () { session_start(); while (! file_exists(getenv('TEST_TMP') . '/others')) { usleep(1_000); } return 1; });
    exit($app->run([$argv[0]]));
    PHP, ini: ['session.save_path' => $folder, 'session.gc_probability' => '0']);

$clients = [];
for ($i = 0; $i < 60; $i++) {
    $clients[$i] = new HttpClient($server->port, 20);
    $clients[$i]->send('GET', '/', '', ['Cookie' => 'PHPSESSID=one']);
}
$numbers = [];
foreach ($clients as $client) {
    $numbers[] = $client->receive()->json();
}
sort($numbers);
check('counted', $numbers, range(1, 60));
$long = new HttpClient($server->port);
$long->send('GET', '/long', '', ['Cookie' => 'PHPSESSID=long']);
usleep(20_000);
$answers = 0;
for ($i = 0; $i < 10; $i++) {
    $answers += (int) $server->request('GET', '/', '', ['Cookie' => "PHPSESSID=other{$i}"])->json();
}
check('others do not wait', $answers, 10);
touch(temp_path('others'));
check('it ends after them', $long->receive()->json(), 1);
unset($clients, $client, $long);
check('stop', $server->stop(), 0);
?>
--EXPECT--
ok: counted
ok: others do not wait
ok: it ends after them
ok: stop
