--TEST--
Development: a warning when a request leaves static properties changed, once for each
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path};
use HighperTest\Server;

mkdir(temp_path('vendor'));
file_put_contents(temp_path('vendor/Installed.php'), '<?php class Installed { static int $calls = 0; }');
file_put_contents(temp_path('Late.php'), '<?php class Late { private static ?string $user = null; static function is(string $u) { self::$user = $u; } static array $fine = []; }');
$script = <<<'PHP'
    <?php
    use Highper\Application;
    class Base { public static int $count = 0; protected static array $cache = ['a']; public static ?object $last = null; public static int $none; }
    class Sub extends Base { public static string $own = 'x'; static function add($v) { static::$cache[] = $v; } static function same($v) { static::$cache[0] = $v; } }
    require __DIR__ . '/vendor/Installed.php';
    exit(Application::create(basePath: __DIR__)
        ->get('/none', fn () => 'none')
        ->get('/count', fn () => ++Base::$count)
        ->get('/restored', function () { Base::$count = 99; Base::$count = 1; return 'restored'; })
        ->get('/cache', function () { Sub::add('b'); Sub::$own = 'other'; return 'cache'; })
        ->get('/object', function () { Base::$last = new stdClass; return 'object'; })
        ->get('/typed', function () { Base::$none = 5; return 'typed'; })
        ->get('/late', function () { require_once __DIR__ . '/Late.php'; Late::is('ann'); return 'late'; })
        ->get('/vendor', fn () => ++Installed::$calls)
        ->run([$argv[0], '--workers', '1']));
    PHP;
$server = Server::start($script, environment: ['APP_ENV' => 'dev']);
foreach (['none', 'count', 'count', 'restored', 'cache', 'cache', 'object', 'typed', 'late', 'late', 'vendor', 'none'] as $path) {
    $server->get("/{$path}");
}
$server->waitForLog('/none', 5);
check('end', $server->stop(), 0);
preg_match_all('~"(a request has left [^"]*)".*?"request":"([^"]*)"~', $server->log(), $found, PREG_SET_ORDER);
foreach ($found as [, $text, $request]) {
    echo "{$request}: ", strtr($text, ['\\\\' => '\\']), "\n";
}
$server = Server::start($script);
foreach (['count', 'cache', 'late'] as $path) {
    $server->get("/{$path}");
}
check('end', $server->stop(), 0);
check('nothing of it in production', str_contains($server->log(), 'has left'), false);
?>
--EXPECTF--
ok: end
GET /count: a request has left Base::$count changed, and later requests will find it so: 0 → 1
GET /cache: a request has left Base::$cache changed, and later requests will find it so: array(1) → array(2)
GET /cache: a request has left Sub::$own changed, and later requests will find it so: string(1) → string(5)
GET /object: a request has left Base::$last changed, and later requests will find it so: null → stdClass #%d
GET /typed: a request has left Base::$none changed, and later requests will find it so: null → 5
GET /late: a request has left Late::$user changed, and later requests will find it so: null → string(3)
ok: end
ok: nothing of it in production
