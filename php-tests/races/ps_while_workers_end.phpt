--TEST--
Race: workers end and begin while ps asks them
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, temp_path, wait_until};
use HighperTest\{Console, Server};

mkdir(temp_path('var'));
$port = free_port();
file_put_contents(temp_path('server.php'), <<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)->settings(['workers' => 3])->get('/', fn () => 'here')->run($argv));
    PHP);
$server = Server::start('<?php array_splice($argv, 1, 1); require "' . temp_path('server.php') . '";', port: $port);
$console = new Console(temp_path('server.php'), ['PORT' => (string) $port]);
$bad = [];
wait_until(fn () => array_column(json_decode($console->run(['ps', '--json'])[1], true)['workers'], 'state') === ['ready', 'ready', 'ready'], 'three workers');
for ($round = 0; $round < 6; $round++) {
    $asking = [];
    for ($i = 0; $i < 3; $i++) {
        $asking[] = $console->start(['ps', '--json', '--coroutines']);
    }
    if ($round % 2) {
        $server->signal(SIGUSR1);
    } elseif ($children = $server->children()) {
        posix_kill((int) $children[array_rand($children)], SIGKILL);
    }
    foreach ($asking as $one) {
        [$code, $out, $err] = $console->end(...$one);
        $all = json_decode($out, true);
        if ($code !== 0 || $err !== '' || $all['pid'] !== $server->pid || !isset($all['workers'])) {
            $bad[] = [$code, $err, $out];
        }
    }
}
check('each has its answer', $bad, []);
$bad === [] || print($server->log());
check('serves', $server->get('/')->body, 'here');
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: each has its answer
ok: serves
ok: exit code
