--TEST--
With superglobals=request each request has its own superglobals, as php-fpm makes them, and its children have them too
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, wait_until};
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    $_SERVER['FROM_THE_START'] = 'kept';
    $_GET['base'] = 'the worker\'s';
    $app = Highper\Application::create(__DIR__)->settings(['superglobals' => 'request', 'workers' => 1, 'listen' => "127.0.0.1:{$argv[1]}"]);
    $app->any('/all', fn () => ['get' => $_GET, 'post' => $_POST, 'cookie' => $_COOKIE, 'files' => array_map(fn ($f) => [$f['name'], file_get_contents($f['tmp_name']), is_uploaded_file($f['tmp_name'])], $_FILES), 'request' => $_REQUEST, 'input' => file_get_contents('php://input')]);
    $app->any('/server', fn () => array_intersect_key($_SERVER, array_flip(explode(',', $_GET['names']))));
    $app->get('/filter', fn () => [filter_input(INPUT_GET, 'n', FILTER_VALIDATE_INT), filter_input(INPUT_SERVER, 'REQUEST_METHOD'), getenv('REMOTE_ADDR'), getenv('HTTP_X_SOME'), getenv('HTTP_PROXY')]);
    $app->get('/global', function () {
        function reads() { return [$_GET['n'], $GLOBALS['_GET']['n'], isset($_SESSION), isset($_GET['base'])]; }
        return reads();
    });
    $app->get('/writes', function () {
        $_GET['n'] .= '!'; $_SERVER['MINE'] = $_GET['n']; $_POST = ['x' => $_GET['n']]; $_COOKIE['y'][] = 1;
        usleep(random_int(0, 3000));
        return [$_GET, $_SERVER['MINE'], $_POST, $_COOKIE];
    });
    $app->get('/reference', function () { $get = &$_GET; usleep(2000); $get['m'] = 1; return $_GET; });
    $app->get('/late', function () { eval('$s = fn () => [$_SERVER["QUERY_STRING"], $_REQUEST];'); usleep(1000); return $s(); });
    $app->get('/children', function () {
        $all = Highper\scope(fn () => array_map(fn ($i) => Highper\async(function () use ($i) { usleep(3000 * (4 - $i)); $_GET['n'] .= $i; return $_GET['n']; }), [1, 2, 3]));
        $ch = new Swoole\Coroutine\Channel(1);
        go(function () use ($ch) { usleep(1000); go(function () use ($ch) { Co::sleep(0.001); $ch->push($_SERVER['QUERY_STRING']); }); });
        return [$all, $_GET['n'], $ch->pop()];
    });
    $app->get('/after', function () {
        go(function () { Co::sleep(0.05); file_put_contents(__DIR__ . '/after', $_GET['n'] . $_SERVER['REQUEST_URI']); });
        return $_GET['n'];
    });
    $app->get('/fiber', function () {
        $fiber = new Fiber(function () { usleep(1000); Fiber::suspend($_GET['n']); return $_GET['n'] . '.'; });
        $first = $fiber->start(); usleep(500); $fiber->resume();
        return [$first, $fiber->getReturn()];
    });
    $app->get('/timer', function () {
        $ch = new Swoole\Coroutine\Channel(1);
        Swoole\Timer::after(1, fn () => $ch->push(isset($_GET['base'])));
        return [$ch->pop(), isset($_GET['base'])];
    });
    exit($app->run([$argv[0]]));
    PHP, ini: ['request_order' => '', 'variables_order' => 'EGPCS']);
$json = fn (...$a) => $server->request(...$a)->json();

check('form', $json('POST', '/all?a=1&b[]=2&b[]=3', 'a=4&c.d=5', ['Content-Type' => 'application/x-www-form-urlencoded', 'Cookie' => 'k=v; k=w; a=6']), [
    'get' => ['a' => '1', 'b' => ['2', '3']], 'post' => ['a' => '4', 'c_d' => '5'], 'cookie' => ['k' => 'v', 'a' => '6'],
    'files' => [], 'request' => ['a' => '6', 'b' => ['2', '3'], 'c_d' => '5', 'k' => 'v'], 'input' => 'a=4&c.d=5']);
check('json', $json('PUT', '/all', '{"x":1}', ['Content-Type' => 'application/json'])['input'], '{"x":1}');
check('big', strlen($json('POST', '/all', str_repeat('x', 1 << 20), ['Content-Type' => 'text/plain'])['input']), 1 << 20);
$multipart = "--B\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nfield\r\n--B\r\nContent-Disposition: form-data; name=\"up\"; filename=\"a.txt\"\r\n\r\ncontent\r\n--B--\r\n";
$answer = $json('POST', '/all', $multipart, ['Content-Type' => 'multipart/form-data; boundary=B']);
check('upload', [$answer['post'], $answer['files'], $answer['input']], [['f' => 'field'], ['up' => ['a.txt', 'content', true]], '']);

$names = 'REQUEST_METHOD,REQUEST_URI,QUERY_STRING,SERVER_PROTOCOL,HTTP_HOST,HTTP_X_SOME,CONTENT_TYPE,CONTENT_LENGTH,REMOTE_ADDR,SERVER_PORT,SERVER_NAME,PHP_AUTH_USER,PHP_AUTH_PW,HTTP_PROXY,HTTP_CONTENT_TYPE,HTTP_A_B,FROM_THE_START,argv,GATEWAY_INTERFACE,DOCUMENT_URI';
$answer = $json('PATCH', "/server?names={$names}", 'body', ['Host' => 'example.com:81', 'X-Some' => 'one', 'x-some' => 'two', 'Proxy' => 'evil', 'A_B' => 'no', 'Content-Type' => 'a/b', 'Authorization' => 'Basic dTpwOnc=']);
ksort($answer);
check('server', $answer, ['CONTENT_LENGTH' => '4', 'CONTENT_TYPE' => 'a/b', 'DOCUMENT_URI' => '/server', 'FROM_THE_START' => 'kept', 'GATEWAY_INTERFACE' => 'CGI/1.1', 'HTTP_HOST' => 'example.com:81', 'HTTP_X_SOME' => 'one, two',
    'PHP_AUTH_PW' => 'p:w', 'PHP_AUTH_USER' => 'u', 'QUERY_STRING' => "names={$names}", 'REMOTE_ADDR' => '127.0.0.1', 'REQUEST_METHOD' => 'PATCH', 'REQUEST_URI' => "/server?names={$names}",
    'SERVER_NAME' => 'example.com', 'SERVER_PORT' => (string) $server->port, 'SERVER_PROTOCOL' => 'HTTP/1.1']);
$answer = $json('GET', '/server?names=REQUEST_TIME,REQUEST_TIME_FLOAT,SCRIPT_NAME,PHP_SELF,SCRIPT_FILENAME');
check('times and script', [abs($answer['REQUEST_TIME'] - time()) < 5, is_float($answer['REQUEST_TIME_FLOAT']), $answer['SCRIPT_NAME'] === $answer['PHP_SELF'], basename($answer['SCRIPT_FILENAME']) === ltrim($answer['PHP_SELF'], '/')], [true, true, true, true]);
check('filter and getenv', $json('GET', '/filter?n=7', '', ['X-Some' => 'x', 'Proxy' => 'evil']), [7, 'GET', '127.0.0.1', 'x', false]);
check('global', $json('GET', '/global?n=1'), ['1', '1', false, false]);
check('compiled late', $json('GET', '/late?q=1'), ['q=1', ['q' => '1']]);

$clients = [];
for ($i = 0; $i < 20; $i++) {
    $clients[$i] = new HttpClient($server->port);
    $clients[$i]->send('GET', "/writes?n=n{$i}");
}
$good = 0;
foreach ($clients as $i => $client) {
    $good += $client->receive()->json() === [['n' => "n{$i}!"], "n{$i}!", ['x' => "n{$i}!"], ['y' => [1]]] ? 1 : 0;
}
check('writes', $good, 20);
check('nothing stays', $json('GET', '/all')['get'], []);
check('reference', $json('GET', '/reference?n=1'), ['n' => '1', 'm' => 1]);
check('children', $json('GET', '/children?n=0'), [['0321', '032', '03'], '0321', 'n=0']);
check('answered', $server->get('/after?n=a')->body, 'a');
check('others meanwhile', $json('GET', '/all?n=b')['get'], ['n' => 'b']);
$file = dirname(HighperTest\temp_path('x')) . '/after';
wait_until(fn () => is_file($file) && filesize($file) > 0, 'the file');
check('a child after the answer', file_get_contents($file), 'a/after?n=a');
check('fiber', $json('GET', '/fiber?n=f'), ['f', 'f.']);
check('timer', $json('GET', '/timer'), [true, false]);
unset($clients, $client);
check('stop', $server->stop(), 0);
?>
--EXPECT--
ok: form
ok: json
ok: big
ok: upload
ok: server
ok: times and script
ok: filter and getenv
ok: global
ok: compiled late
ok: writes
ok: nothing stays
ok: reference
ok: children
ok: answered
ok: others meanwhile
ok: a child after the answer
ok: fiber
ok: timer
ok: stop
