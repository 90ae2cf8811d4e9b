--TEST--
200 requests at once that sleep at each step: nobody sees another one's superglobals, session, header lines or output, and memory does not grow
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
    function pause() { usleep(random_int(0, 2000)); }
    function same(string $n, string $where) { if (($_GET['n'] ?? null) !== $n) { throw new LogicException("{$where}: {$n} sees " . json_encode($_GET)); } }
    class Hold { public function __destruct() { usleep(100); } }
    $app = Highper\Application::create(__DIR__)->settings(['superglobals' => 'request', 'workers' => 1, 'listen' => "127.0.0.1:{$argv[1]}"]);
    $app->post('/', function () {
        $n = $_GET['n'];
        register_shutdown_function(function () use ($n) { same($n, 'shutdown'); echo " end {$n}"; });
        echo "begin {$n} ";
        pause(); same($n, 'sleep');
        session_start();
        pause(); same($n, 'session');
        $_SESSION['n'] ??= $n;
        $_SESSION['count'] = ($_SESSION['count'] ?? 0) + 1;
        header("X-N: {$n}"); setcookie('n', $n);
        ob_start(); echo "buffer {$n}"; pause(); $buffer = ob_get_clean();
        Highper\scope(fn () => array_map(fn ($i) => Highper\async(function () use ($n, $i) { pause(); same($n, 'child'); $_GET['children'][] = $i; $_SESSION['hold'] = null; }), range(1, 3)));
        $_SERVER['hold'] = new Hold;
        go(function () use ($n) { pause(); same($n, 'go'); pause(); pause(); same($n, 'go again'); });
        pause();
        return ' ' . implode('|', [$n, $_SESSION['n'], $_SESSION['count'], count($_GET['children']), $buffer, $_POST['p'], $_COOKIE['PHPSESSID'], $_SERVER['HTTP_X_MARK'], file_get_contents('php://input'), implode(',', headers_list() === [] ? [] : preg_grep('/^X-N/', headers_list()))]);
    });
    $app->get('/memory', function () { gc_collect_cycles(); return [memory_get_usage(), Swoole\Coroutine::stats()['coroutine_num'], count(get_resources())]; });
    exit($app->run([$argv[0]]));
    PHP, ini: ['session.save_path' => $folder, 'session.gc_probability' => '0', 'memory_limit' => '512M']);

$bad = [];
$round = function (int $round) use ($server, &$bad) {
    $clients = [];
    for ($i = 0; $i < 200; $i++) {
        $clients[$i] = new HttpClient($server->port, 20);
        $clients[$i]->send('POST', "/?n={$i}", "p=p{$i}", ['Content-Type' => 'application/x-www-form-urlencoded', 'Cookie' => "PHPSESSID=s{$i}", 'X-Mark' => "m{$i}"]);
    }
    foreach ($clients as $i => $client) {
        $answer = $client->receive();
        $wanted = "begin {$i}  end {$i} " . implode('|', [$i, $i, $round, 3, "buffer {$i}", "p{$i}", "s{$i}", "m{$i}", "p=p{$i}", "X-N: {$i}"]);
        if ($answer->body !== $wanted || $answer->header('X-N') !== (string) $i || $answer->headers('Set-Cookie') !== ["n={$i}"]) {
            $bad[] = $answer->body;
        }
    }
};
$round(1);
$round(2);
$settled = fn () => HighperTest\wait_until(fn () => ($m = $server->get('/memory')->json())[1] === 1 ? $m : null, 'the end of all coroutines');
[$first, , $resources] = $settled();
$round(3);
$round(4);
[$second, $coroutines, $more] = $settled();
check('all their own', $bad, []);
check('no growth', [$second - $first < 100_000 ? 0 : $second - $first, $coroutines, $more - $resources], [0, 1, 0]);
check('no complaint', preg_match('/LogicException|Warning|Fatal/', $server->log()), 0);
check('stop', $server->stop(), 0);
?>
--EXPECT--
ok: all their own
ok: no growth
ok: no complaint
ok: stop
