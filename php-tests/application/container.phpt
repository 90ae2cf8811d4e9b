--TEST--
Application: the container: lifetimes, factories, circles and missing bindings
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, Container};
    use Highper\Http\Request;
    interface Clock { function now(): string; }
    final class Fixed implements Clock { function now(): string { return 'noon'; } }
    final class Counter { public int $n = 0; }
    final class Plain { public int $n = 0; }
    final class User { public function __construct(public string $name) {} }
    final class Config { public $debug = true; }
    final class Deep { public function __construct(public Clock $clock, public Counter $counter, public ?Absent $absent = null, public int $limit = 9, public ?DateTimeImmutable $at = null) {} }
    final class Slow { public static int $made = 0; public function __construct() { usleep(20000); self::$made++; } }
    $config = new Config;
    exit(Application::create(basePath: __DIR__)
        ->bind(Clock::class, Fixed::class)
        ->singleton(Counter::class)
        ->scoped(User::class, fn (Request $r) => new User($r->header('X-User', 'nobody')))
        ->instance(Config::class, $config)
        ->get('/deep', fn (Deep $d) => [$d->clock->now(), ++$d->counter->n, $d->absent, $d->limit, $d->at])
        ->get('/user', fn (User $a, User $b) => [$a->name, $a === $b])
        ->scoped('slow.thing', function () { usleep(5000); return new Plain; })
        ->get('/tasks', fn (Application $app) => (fn ($all) => [$all[0] === $all[1], $all[0] === $app->make('slow.thing')])(Highper\scope(fn () => [Highper\async(fn () => $app->make('slow.thing')), Highper\async(fn () => $app->make('slow.thing'))])))
        ->get('/each', fn (Clock $a, Clock $b) => [$a === $b])
        ->get('/plain', fn (Plain $a, Plain $b) => [$a === $b, ++$a->n])
        ->get('/slow', fn (Slow $a) => [Slow::$made])
        ->get('/same', fn (Config $c, Application $app) => [$c === $config, $app->make(Config::class) === $config, $app->has(Clock::class), $app->has('Nope')])
        ->get('/late', fn (Application $app) => $app->make('Loop1'))
        ->get('/hidden', fn (Application $app) => $app->make('Hidden'))
        ->run([$argv[0], "--workers", "1"]));
    final class Loop1 { function __construct(Loop2 $x) {} }
    final class Loop2 { function __construct(Loop1 $x) {} }
    final class Hidden { function __construct(\Highper\Container $c) { $c->get(User::class); } }
    PHP);
check('autowired', $server->get('/deep')->body, '["noon",1,null,9,null]');
check('one for a worker', $server->get('/deep')->json()[1], 2);
check('one for a request', $server->get('/user', ['X-User' => 'ann'])->body, '["ann",true]');
check('the next has its own', $server->get('/user', ['X-User' => 'bob'])->body, '["bob",true]');
check('one for a request and its tasks', $server->get('/tasks')->body, '[true,true]');
check('each its own', $server->get('/each')->body, '[false]');
check('singletons by default', [$server->get('/plain')->body, $server->get('/plain')->body], ['[true,1]', '[true,2]']);
check('instance', $server->get('/same')->body, '[true,true,true,false]');
$clients = array_map(fn () => new HighperTest\HttpClient($server->port), range(1, 4));
array_map(fn ($c) => $c->send('GET', '/slow'), $clients);
check('made once by many', array_map(fn ($c) => $c->receive()->body, $clients), array_fill(0, 4, '[1]'));
check('circle at first use', $server->get('/late')->status, 500);
$server->waitForLog('Loop1 -> Loop2 -> Loop1: it needs itself');
check('a request in a singleton by the container', $server->get('/hidden')->status, 500);
$server->waitForLog('Hidden -> User: it lives as long as a request, and Hidden as long as the worker');
check('end', $server->stop(), 0);

$fails = function (string $code, string $app): string {
    $server = Server::start("<?php\nuse Highper\\Application;\n{$code}\nexit(Application::create(__DIR__){$app}->run([\$argv[0], '--workers', '1']));", wait: false);
    $exit = $server->waitForEnd();
    return "{$exit} " . trim(preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $server->log())) . "\n";
};
echo $fails('interface I {} final class N { function __construct(I $i) {} } final class Ctl { function __construct(N $n) {} function show() {} }', '->get("/", [Ctl::class, "show"])');
echo $fails('final class A1 { function __construct(B1 $b) {} } final class B1 { function __construct(A1 $a) {} }', '->get("/", fn (A1 $a) => 1)');
echo $fails('final class A2 { function __construct(string $dsn) {} }', '->get("/", fn (A2 $a) => 1)');
echo $fails('final class A3 { function __construct(PDO $db) {} }', '->get("/", fn (A3 $a) => 1)');
echo $fails('final class U {} final class S { function __construct(U $u) {} } final class C { function __construct(S $s) {} function show() {} }', '->scoped(U::class)->get("/", [C::class, "show"])');
echo $fails('final class U {} final class C { function __construct(U $u) {} function show() {} }', '->scoped(U::class)->bind(U::class)->get("/ok", [C::class, "show"])->scoped(C::class)');
echo $fails('use Highper\Http\Request; final class S { function __construct(Request $r) {} }', '->singleton("svc", fn (S $s) => $s)');
echo $fails('final class U {} final class E { function __construct(U $u) {} }', '->scoped(U::class)->bind(E::class)->singleton("s", fn (E $e) => $e)');
?>
--EXPECTF--
ok: autowired
ok: one for a worker
ok: one for a request
ok: the next has its own
ok: one for a request and its tasks
ok: each its own
ok: singletons by default
ok: instance
ok: made once by many
ok: circle at first use
ok: a request in a singleton by the container
ok: end
1 highper: cannot start: route GET / (%s:4): Ctl -> N -> I: it is an interface; bind it: ->bind(I::class, …)
1 highper: cannot start: route GET / (%s:4): A1 -> B1 -> A1: it needs itself; break the circle with a closure or a setter
1 highper: cannot start: route GET / (%s:4): A2: its parameter $dsn (string) is no class and has no default; give it #[Config('…')], or bind the class to a closure
1 highper: cannot start: route GET / (%s:4): A3 -> PDO: it is a class of PHP's or an extension's; bind it: ->singleton(PDO::class, fn () => …)
1 highper: cannot start: route GET / (%s:4): C -> S -> U: it lives as long as a request, and S as long as the worker; bind S with ->scoped(), or take the object as a parameter of the handler
1 highper: cannot start: route GET /ok (%s:4): C: it lives as long as a request, and controllers and middleware as long as the worker; take what is of a request as a parameter of the method
1 highper: cannot start: svc -> S -> Highper\Http\Request: it lives as long as a request, and S as long as the worker; bind S with ->scoped(), or take the object as a parameter of the handler
1 highper: cannot start: s -> E -> U: it lives as long as a request, and s as long as the worker; bind s with ->scoped(), or take the object as a parameter of the handler
