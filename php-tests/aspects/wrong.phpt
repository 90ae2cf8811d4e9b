--TEST--
Aspects: wrong uses are told with their place, when they are compiled, when the application starts, or at the first call
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

use Highper\{Aspect, Invocation};
use Highper\Attribute\{Around, Cached, Limit, Retry};
use function HighperTest\check;
use HighperTest\Server;

$php = escapeshellarg(getenv('TEST_PHP_EXECUTABLE'));
foreach ([
    'interface I { #[\Highper\Attribute\Cached] function f(); }',
    'abstract class A { #[\Highper\Attribute\Cached] abstract function f(); }',
    "use Highper\Attribute as H;\nclass B { #[H\Retry]\n function __construct(private int \$x) {} }",
    'namespace Highper; class C { #[Attribute\Limit(1)] abstract function f(); }',
] as $code) {
    $file = HighperTest\temp_path('wrong.php');
    file_put_contents($file, "<?php\n{$code}\n");
    echo trim(preg_replace('~(in )\S+/~', '$1', shell_exec("$php $file 2>&1"))), "\n";
}
// Others' attributes of the same names are not ours.
file_put_contents($file, '<?php namespace App; use Other\Cached; interface I { #[Cached] #[Retry] function f(); #[\Cached, namespace\Limit] function g(); } echo "fine\n";');
echo shell_exec("$php $file 2>&1");

final class Nothing {}
final class Fails implements Aspect { public function __construct() { throw new LogicException('not today'); } public function around(Invocation $call): mixed { return 1; } }
final class Refuses implements Aspect { public function around(Invocation $call): mixed { throw new LogicException('refused'); } }
final class Wrong implements Aspect { public function around(Invocation $call): mixed { return 'no number'; } }
final class Sets implements Aspect { public function around(Invocation $call): mixed { $call->setArgument(0, 'no number'); return $call->proceed(); } }
final class Asks implements Aspect { public function around(Invocation $call): mixed { return $call->argument('c'); } }
final class Keeps implements Aspect { public static array $kept = []; public function around(Invocation $call): mixed { self::$kept[] = $call; return null; } }
class Uses
{
    public int $typed = 1;
    #[Limit(0)] public function limit() {}
    #[Cached(ttl: -1)] public function ttl() {}
    #[Cached(key: 'a{b')] public function key() {}
    #[Retry(on: 'Nobody')] public function on() {}
    #[Around] public function none() {}
    #[Around(Nothing::class)] public function nothing() {}
    #[Around('Missing')] public function missing() {}
    #[Around(Fails::class)] public function fails() {}
    #[Around(Refuses::class)] public function refused(): int { return 1; }
    #[Around(Wrong::class)] public function wrong(): int { return 1; }
    #[Around(Sets::class)] public function sets(int $n): int { return $n; }
    #[Around(Sets::class)] public function reference(int &$n): int { return $n; }
    #[Around(Asks::class)] public function asks(int $a, int $b) {}
    #[Around(Keeps::class)] public function keeps(string $x) { return strtoupper($x); }
}
$uses = new Uses;
foreach (['limit', 'ttl', 'key', 'on', 'none', 'nothing', 'missing', 'fails', 'refused', 'wrong', 'sets', 'reference', 'asks', 'fails'] as $method) {
    try {
        $method === 'reference' ? $uses->reference($uses->typed) : $uses->$method(1, 2);
        echo "nothing was wrong with {$method}\n";
    } catch (Throwable $e) {
        echo get_class($e), ': ', preg_replace('~(in )\S+/~', '$1', $e->getMessage()), "\n";
    }
}
$uses->keeps('later');
check('a call that is made afterwards', Keeps::$kept[0]->proceed(), 'LATER');
try {
    (new Invocation)->proceed();
} catch (Error $e) {
    echo $e->getMessage(), "\n";
}
$server = Server::start(<<<'PHP'
    <?php
    use Highper\Attribute\Retry;
    final class Notes {
        #[Retry(times: 0)] public function find() {}
    }
    exit(Highper\Application::create(__DIR__)->get('/', fn (Notes $notes) => 1)->run([$argv[0], '--workers', '1']));
    PHP, wait: false);
check('the application does not start', $server->waitForEnd(), 1);
echo trim(preg_replace('~in \S+?:(?=\d)~', 'in server-1.php:', preg_replace('~^\{.*\n~m', '', $server->log()))), "\n";
?>
--EXPECT--
Fatal error: #[Highper\Attribute\Cached] can't stand here: the method has no body; put it on those that implement it in wrong.php on line 2
Fatal error: #[Highper\Attribute\Cached] can't stand here: the method has no body; put it on those that implement it in wrong.php on line 2
Fatal error: #[H\Retry] can't stand here: a constructor that declares properties can't run twice; put it on another method in wrong.php on line 4
Fatal error: #[Attribute\Limit] can't stand here: the method has no body; put it on those that implement it in wrong.php on line 2
fine
Error: #[Limit] on Uses::limit() in wrong.phpt.php:34: Highper\Attribute\Limit::__construct(): Argument #1 ($concurrency) must be at least 1
Error: #[Cached] on Uses::ttl() in wrong.phpt.php:35: Highper\Attribute\Cached::__construct(): Argument #1 ($ttl) must be greater than 0 seconds, or null for no end
Error: #[Cached] on Uses::key() in wrong.phpt.php:36: Highper\Attribute\Cached::__construct(): Argument #2 ($key) must be a key: the brace at byte 1 is never closed
Error: #[Retry] on Uses::on() in wrong.phpt.php:37: Highper\Attribute\Retry::__construct(): Argument #3 ($on) must name exceptions; there is no class Nobody
Error: #[Around] on Uses::none() in wrong.phpt.php:38: it names no aspect, and no attribute beside it is one (a class that implements Highper\Aspect)
Error: #[Around] on Uses::nothing() in wrong.phpt.php:39: Nothing does not implement Highper\Aspect
Error: #[Around] on Uses::missing() in wrong.phpt.php:40: there is no class Missing
LogicException: not today
LogicException: refused
TypeError: Uses::wrong(): Return value must be of type int, string returned
TypeError: Uses::sets(): Argument #1 ($n) must be of type int, string given
TypeError: Cannot assign string to reference held by property Uses::$typed of type int
ValueError: Highper\Invocation::argument(): Argument #1 ($which) must be a parameter of the method, by its number or its name ('a', 'b')
LogicException: not today
ok: a call that is made afterwards
this invocation belongs to no call
ok: the application does not start
highper: cannot start: #[Retry] on Notes::find() in server-1.php:4: Highper\Attribute\Retry::__construct(): Argument #1 ($times) must be at least 1
