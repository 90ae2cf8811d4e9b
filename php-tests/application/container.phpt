--TEST--
Application: the container: lifetimes, factories, circles and missing bindings
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\Request;
    interface Clock { function now(): string; }
    final class Fixed implements Clock { function now(): string { return 'noon'; } }
    final class Counter { public int $n = 0; }
    final class User { public function __construct(public string $name) {} }
    final class Config { public $debug = true; }
    final class Deep { public function __construct(public Clock $clock, public Counter $counter, public ?Absent $absent = null, public int $limit = 9) {} }
    final class Slow { public static int $made = 0; public function __construct() { usleep(20000); self::$made++; } }
    $config = new Config;
    exit(Application::create(basePath: __DIR__)
        ->bind(Clock::class, Fixed::class)
        ->singleton(Counter::class)
        ->singleton(Slow::class)
        ->scoped(User::class, fn (Request $r) => new User($r->header('X-User', 'nobody')))
        ->instance(Config::class, $config)
        ->get('/deep', fn (Deep $d) => [$d->clock->now(), ++$d->counter->n, $d->absent, $d->limit])
        ->get('/user', fn (User $a, User $b) => [$a->name, $a === $b])
        ->get('/each', fn (Fixed $a, Fixed $b) => [$a === $b])
        ->get('/same', fn (Config $c, Application $app) => [$c === $config, $app->make(Config::class) === $config, $app->has(Clock::class), $app->has('Nope')])
        ->get('/late', fn (Application $app) => $app->make('Loop1'))
        ->run([$argv[0], "--workers", "1"]));
    final class Loop1 { function __construct(Loop2 $x) {} }
    final class Loop2 { function __construct(Loop1 $x) {} }
    PHP);
check('autowired', $server->get('/deep')->body, '["noon",1,null,9]');
check('one for a worker', $server->get('/deep')->json()[1], 2);
check('one for a request', $server->get('/user', ['X-User' => 'ann'])->body, '["ann",true]');
check('each its own', $server->get('/each')->body, '[false]');
check('instance', $server->get('/same')->body, '[true,true,true,false]');
check('circle at first use', $server->get('/late')->status, 500);
$server->waitForLog('Loop1 -> Loop2 -> Loop1: it needs itself');
check('end', $server->stop(), 0);

$fails = function (string $code): string {
    $server = Server::start("<?php\nuse Highper\\Application;\n{$code}\n", wait: false);
    $exit = $server->waitForEnd();
    return "{$exit} " . trim($server->log());
};
echo $fails('interface I {} final class N { function __construct(I $i) {} } final class Ctl { function __construct(N $n) {} function show() {} }
    exit(Application::create(__DIR__)->get("/", [Ctl::class, "show"])->run([$argv[0], "--workers", "1"]));'), "\n";
echo $fails('final class A1 { function __construct(B1 $b) {} } final class B1 { function __construct(A1 $a) {} }
    exit(Application::create(__DIR__)->get("/", fn (A1 $a) => 1)->run([$argv[0], "--workers", "1"]));'), "\n";
echo $fails('final class A2 { function __construct(string $dsn) {} }
    exit(Application::create(__DIR__)->get("/", fn (A2 $a) => 1)->run([$argv[0], "--workers", "1"]));'), "\n";
?>
--EXPECT--
ok: autowired
ok: one for a worker
ok: one for a request
ok: each its own
ok: instance
ok: circle at first use
ok: end
1 highper: cannot start: Ctl -> N -> I: it is an interface; bind it: ->bind(I::class, …)
1 highper: cannot start: A1 -> B1 -> A1: it needs itself; break the circle with a closure or a setter
1 highper: cannot start: A2: its parameter $dsn (string) is no class and has no default; bind it to a closure
