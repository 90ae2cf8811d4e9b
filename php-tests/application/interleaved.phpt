--TEST--
Application: requests that sleep interleave and never mix
--SKIPIF--
<?php if (!class_exists("Swoole\\Coroutine")) echo "skip there is nothing to sleep with"; ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{HttpClient, Server};

$server = Server::start(<<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Http\{Request, Response};
    final class User { public function __construct(public string $name) {} }
    final class Slow { public static int $made = 0; public function __construct() { Swoole\Coroutine::sleep(0.03); self::$made++; } }
    exit(Application::create(basePath: __DIR__)
        ->scoped(User::class, fn (Request $r) => new User($r->header('X-User')))
        ->singleton(Slow::class)
        ->get('/{n}', function (int $n, Request $r, User $u) {
            Swoole\Coroutine::sleep(0.01 + ($n % 5) / 500);
            return [$n, $r->header('X-User'), $u->name, $r->query('q'), $r->path(), $r->attribute('n')];
        }, fn (Request $r, Closure $next) => $next($r->withAttribute('n', $r->query('q'))))
        ->get('/slow/one', fn (Slow $s) => [Slow::$made])
        ->run([$argv[0], '--workers', '1']));
    PHP);
$clients = array_map(fn () => new HttpClient($server->port), range(1, 50));
$start = microtime(true);
$wrong = 0;
for ($round = 0; $round < 20; $round++) {
    foreach ($clients as $i => $client) {
        $n = $round * 100 + $i;
        $client->send('GET', "/{$n}?q=q{$n}", '', ['X-User' => "u{$n}"]);
    }
    foreach ($clients as $i => $client) {
        $n = $round * 100 + $i;
        $wrong += $client->receive()->json() !== [$n, "u{$n}", "u{$n}", "q{$n}", "/{$n}", "q{$n}"];
    }
}
check('nothing mixed', $wrong, 0);
check('side by side', microtime(true) - $start < 10.0);
foreach (array_slice($clients, 0, 10) as $client) {
    $client->send('GET', '/slow/one');
}
$made = array_map(fn ($client) => $client->receive()->json()[0], array_slice($clients, 0, 10));
check('one singleton', $made, array_fill(0, 10, 1));
check('stop', $server->stop(), 0);
?>
--EXPECT--
ok: nothing mixed
ok: side by side
ok: one singleton
ok: stop
