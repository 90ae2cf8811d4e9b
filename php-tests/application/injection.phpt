--TEST--
Application: #[Inject], #[Config], #[Tagged], providers, the container's object
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

mkdir(temp_path('config/prod'), recursive: true);
$config = fn (string $file, string $code) => file_put_contents(temp_path("config/{$file}.php"), "<?php return {$code};");
$config('db', '["host" => getenv("NO_SUCH") ?: "localhost", "port" => "3306", "options" => ["a" => 1, "b" => 2], "hosts" => ["x", "y"]]');
$config('prod/db', '["host" => "db.internal", "options" => ["b" => 3], "hosts" => ["z"]]');
$config('app', 'fn (Highper\Application $app) => ["name" => "notes", "debug" => "off", "rate" => 2, "env" => $app->env("APP_ENV"), "level" => Level::High]');
$server = Server::start(<<<'PHP'
    <?php
    use Highper\{Application, Config as Settings, Container, Provider};
    use Highper\Attribute\{Config, Inject, Tagged};
    enum Level: string { case High = 'high'; }
    interface Store { function name(): string; }
    final class Memory implements Store { function name(): string { return 'memory'; } }
    final class Disk implements Store { function __construct(#[Config('db.host')] private string $host) {} function name(): string { return "disk at {$this->host}"; } }
    abstract class Base {
        #[Inject] private Memory $own;
        #[Config('db.port')] protected readonly int $port;
        function all(): array { return [$this->own->name(), $this->port]; }
    }
    final class Child extends Base {
        #[Inject('store.slow')] private Store $slow;
        public string $seen;
        function __construct(#[Config('app.level')] public Level $level, #[Config('app.nothing')] public ?string $nothing, #[Config('app.rate')] public float $rate = 0.5) { $this->seen = $this->slow->name(); }
    }
    final class Stores { function __construct(#[Tagged('stores')] public array $list, #[Tagged('none')] public iterable $none) {} }
    final class Anew { function __construct(public Memory $m, public string $title, public int $n = 3) {} }
    final class Stock implements Provider {
        public static array $log = [];
        function register(Application $app): void {
            $app->bind('store.slow', Disk::class)->bind(Store::class, Memory::class)->tag('stores', Store::class, 'store.slow')->get('/log', fn () => self::$log);
        }
        function boot(Store $store, #[Config('app.name')] string $name): void { self::$log[] = "boot {$store->name()} {$name}"; }
    }
    exit(Application::create(basePath: $argv[2])
        ->provider(Stock::class)
        ->get('/child', fn (Child $c) => [$c->all(), $c->seen, $c->level, $c->nothing, $c->rate])
        ->get('/stores', fn (Stores $s) => [array_map(fn ($s) => $s->name(), $s->list), $s->none])
        ->get('/config', fn (Settings $c, Application $app, #[Config('db.hosts')] array $hosts, #[Config('app.debug')] bool $debug) => [$c->string('db.host'), $c->int('db.port'), $c->array('db.options'), $hosts, $debug,
            $c->bool('app.debug'), $c->float('app.rate'), $c->get('app.none', 7), $c->int('app.none', 8), $c->has('app.name'), $c->has('app.name.x'), $app->config('app.env'), array_keys($c->all())])
        ->get('/wrong', function (Settings $c) {
            $tell = function (Closure $f) { try { return $f(); } catch (Highper\ConfigException $e) { return $e->getMessage(); } };
            return [$tell(fn () => $c->string('db.none')), $tell(fn () => $c->int('db.host')), $tell(fn () => $c->array('db.port')), $tell(fn () => $c->bool('db.options'))];
        })
        ->get('/container', function (Container $c, Application $app) {
            $tell = function (Closure $f) { try { return $f(); } catch (Highper\ContainerException $e) { return $e->getMessage(); } };
            return [$c === $app->container(), $c->get(Memory::class) === $c->get('\\memory'), $c->has('store.slow'), $c->has('store.none'),
                $c->make(Anew::class, ['title' => 'x'])->title, $c->make(Anew::class, ['title' => 'x', 'n' => 4])->n, $c->make(Anew::class, ['title' => 'x']) === $c->make(Anew::class, ['title' => 'x']),
                $c->call(fn (Memory $m, int $n) => $m->name() . $n, ['n' => 5]), count($c->tagged('stores')),
                $tell(fn () => $c->get('store.none')), $tell(fn () => $c->make(Anew::class, ['titel' => 1])), $tell(fn () => $c->make(Anew::class)), $tell(fn () => $c->call(fn (int $n) => 1))];
        })
        ->get('/many', function (Container $c) {
            $ask = function (int $from) use ($c) { for ($i = $from; $i < $from + 20000; $i++) { $c->has("no.such.{$i}"); try { $c->get("none.{$i}"); } catch (Highper\ContainerException) {} } };
            $size = fn () => preg_match('/VmRSS:\s+(\d+)/', file_get_contents('/proc/self/status'), $m) ? (int) $m[1] : 0;
            $ask(0);
            $before = $size();
            $ask(50000);
            return [$size() - $before < 1024];
        })
        ->run([$argv[0], "--workers", "1"]));
    PHP, [temp_path('')], environment: ['APP_ENV' => 'prod']);
check('properties before the constructor', $server->get('/child')->body, '[["memory",3306],"disk at db.internal","high",null,2.0]');
check('tags', $server->get('/stores')->body, '[["memory","disk at db.internal"],[]]');
check('provider', $server->get('/log')->body, '["boot memory notes"]');
check('configuration', $server->get('/config')->body, '["db.internal",3306,{"a":1,"b":3},["z"],false,false,2.0,7,8,true,false,"prod",["app","db"]]');
check('typed getters', $server->get('/wrong')->json(), ["there is no configuration 'db.none' (config/db.php)", "the configuration 'db.host' must be an integer, string given",
    "the configuration 'db.port' must be an array, string given", "the configuration 'db.options' must be true or false, array given"]);
check('the container', $server->get('/container')->json(), [true, true, true, false, 'x', 4, false, 'memory5', 2, 'store.none: there is no such class', 'Anew: it has no parameter $titel',
    'Anew: its parameter $title (string) is no class and has no default; give it #[Config(\'…\')], or bind the class to a closure',
    'call(): its parameter $n (int) is no class and has no default; give it #[Config(\'…\')], or bind the class to a closure']);
check('names that mean nothing are not kept', $server->get('/many')->body, '[true]');
check('end', $server->stop(), 0);

$fails = function (string $code, string $app): string {
    $server = Server::start("<?php use Highper\\Application; use Highper\\Attribute\\{Config, Inject, Tagged}; {$code}\nexit(Application::create(\$argv[2]){$app}->run([\$argv[0], '--workers', '1']));", [temp_path('')], wait: false);
    $exit = $server->waitForEnd();
    return "{$exit} " . trim(preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $server->log())) . "\n";
};
$config('app', '["name" => "notes"]');
echo $fails('class A { function __construct(#[Config("db.user")] string $u) {} }', '->get("/", fn (A $a) => 1)');
echo $fails('class A { function __construct(#[Config("db.host")] int $u) {} }', '->get("/", fn (A $a) => 1)');
echo $fails('', '->get("/", fn (#[Config("db.host")] int $u) => 1)');
echo $fails('class A { function __construct(#[Config] int $u) {} }', '->get("/", fn (A $a) => 1)');
echo $fails('class A { function __construct(#[Tagged("x")] int $u) {} }', '->get("/", fn (A $a) => 1)');
echo $fails('class A { #[Inject] private int $n; }', '->get("/", fn (A $a) => 1)');
echo $fails('class A { #[Inject] private static A $n; }', '->get("/", fn (A $a) => 1)');
echo $fails('class A {}', '->provider(A::class)');
$config('app', '7');
echo $fails('', '');
$config('app', 'foo(');
echo $fails('', '');
$config('app', 'nope()');
echo $fails('', '');
?>
--EXPECTF--
ok: properties before the constructor
ok: tags
ok: provider
ok: configuration
ok: typed getters
ok: the container
ok: names that mean nothing are not kept
ok: end
1 highper: cannot start: route GET / (%s:2): A: there is no configuration 'db.user' (config/db.php)
1 highper: cannot start: route GET / (%s:2): A: the configuration 'db.host' must be an integer, string given
1 highper: cannot start: route GET / (%s:2): the configuration 'db.host' must be an integer, string given
1 highper: cannot start: #[Config] on $u of A::__construct() in %s:1: Highper\Attribute\Config::__construct() expects exactly 1 argument, 0 given
1 highper: cannot start: #[Tagged] on $u of A::__construct() in %s:1: its type must be array or iterable
1 highper: cannot start: #[Inject] on A::$n in %s:1: it needs a class as type, or a name: #[Inject(Name::class)]
1 highper: cannot start: #[Inject] on A::$n in %s:1: it must not stand on a static property
255 %AHighper\ContainerException: A is no provider: it must implement Highper\Provider in %s
%A
1 highper: cannot start: app.php must return an array, int returned
1 highper: cannot start: syntax error, unexpected token ";" in app.php:1
1 highper: cannot start: Call to undefined function nope() in app.php:1
