--TEST--
Aspects: what a woven method can see and do stays as it is written
--FILE--
<?php
namespace App;

use Highper\Aspect;
use Highper\Attribute\Around;
use Highper\Attribute as A;
use Highper\{Invocation, Attribute\Retry};
use function HighperTest\check;

require __DIR__ . '/../lib/test.php';

final class Trail implements Aspect
{
    public static array $log = [];

    public function around(Invocation $call): mixed
    {
        self::$log[] = "> {$call->name()}";
        try {
            return $call->proceed();
        } finally {
            self::$log[] = "< {$call->method()}";
        }
    }
}

abstract class Base
{
    #[Around(Trail::class)]
    public function hello(string $name): string { return "base {$name} " . static::class; }
}

trait Loud
{
    #[Around(Trail::class)]
    public function shout(string $text): string { return strtoupper($text) . ' ' . __FUNCTION__ . ' ' . self::class; }

    #[Around(Trail::class)]
    private function parts(int ...$n): \Generator { yield __METHOD__; yield from $n; return array_sum($n); }
}

enum Size: int
{
    case Small = 1;

    #[Around(Trail::class)]
    public function label(): string { return strtolower($this->name); }
}

final class Things extends Base
{
    use Loud { shout as protected cry; }

    private int $sum = 0;

    #[Around(Trail::class)]
    public function hello(string $name): string { return parent::hello($name) . '!'; }

    #[Around(Trail::class)]
    private function hidden(int $a, int $b = 2, int ...$rest): array { return [$a, $b, $rest, __METHOD__, __FUNCTION__, $this->sum]; }

    public function callHidden(mixed ...$args): array { return $this->hidden(...$args); }

    #[Around(Trail::class)]
    final public static function make(): static { return new static; }

    #[Around(Trail::class)]
    public function reference(array &$list, int $value): void { $list[] = $value; $this->sum += $value; }

    #[Around(Trail::class)]
    public function references(int &...$all): void { foreach ($all as &$one) { $one *= 2; } }

    #[Around(Trail::class)]
    public function passed(int $a = 1, int $b = 2): array { return [func_num_args(), func_get_args()]; }

    #[Around(Trail::class)]
    public function more(int $a): array { return [$a, \func_get_args()]; }

    #[Around(Trail::class)]
    public function counted(): int { static $n = 0; return ++$n; }

    #[Around(Trail::class)]
    public function fails(): never { throw new \DomainException('no'); }

    #[Around(Trail::class)]
    public function &inside(): int { return $this->sum; }

    #[Around(Trail::class)]
    public function converted(float $f, ?self $other = null): string { return gettype($f) . ' ' . ($other === null ? 'none' : 'other'); }

    #[Around(Trail::class)]
    public function again(int $n): int { return $n < 2 ? 1 : $n * $this->again($n - 1); }

    #[Around(Trail::class)]
    public function count(int $to): iterable { for ($i = 1; $i <= $to; $i++) { $got = yield $i => __FUNCTION__; if ($got) { yield $got; } } }

    public function both(): array { return [iterator_to_array($this->parts(1, 2), false), $this->cry('x')]; }

    #[A\Around(Trail::class), Retry(times: 2)]
    public function trace(): string { return (new \Exception)->getTraceAsString(); }

    public function plain(): int { return 1; }

    #[\Highper\Attribute\Around(Trail::class)]
    public function __get(string $name): mixed { return "no {$name}"; }
}

$log = function (): string {
    $text = implode(' ', str_replace('App\\', '', Trail::$log));
    Trail::$log = [];
    return $text;
};
$things = new Things;
check('parent and static', $things->hello('ann'), 'base ann App\Things!');
check('both are woven', $log(), '> Things::hello > Base::hello < hello < hello');
check('private, default, rest', $things->callHidden(1), [1, 2, [], 'App\Things::hidden', 'hidden', 0]);
check('rest with names', $things->callHidden(1, 2, ...['x' => 3]), [1, 2, ['x' => 3], 'App\Things::hidden', 'hidden', 0]);
check('named arguments', $things->callHidden(b: 5, a: 4), [4, 5, [], 'App\Things::hidden', 'hidden', 0]);
check('static', Things::make()::class, Things::class);
$list = [1];
$things->reference($list, 2);
check('by reference', $list, [1, 2]);
$x = 2;
$y = 3;
$things->references($x, $y);
check('variadic by reference', [$x, $y], [4, 6]);
check('passed', [$things->passed(), $things->passed(5), $things->passed(b: 7)], [[0, []], [1, [5]], [2, [1, 7]]]);
check('more than declared', $things->more(1, 2, 3), [1, [1, 2, 3]]);
check('static variables', [$things->counted(), $things->counted(), (new Things)->counted()], [1, 2, 3]);
try {
    $things->fails();
} catch (\DomainException $e) {
    check('never', $e->getMessage(), 'no');
}
check('return by reference', $things->inside(), 2);
check('converted', $things->converted(1), 'double none');
try {
    $things->converted('x');
} catch (\TypeError $e) {
    check('types are checked before', preg_replace('~, called.*~', '', $e->getMessage()), 'App\Things::converted(): Argument #1 ($f) must be of type float, string given');
}
$log();
check('recursion', $things->again(3), 6);
check('each call has its aspects', $log(), '> Things::again > Things::again > Things::again < again < again < again');
$generator = $things->count(2);
check('a generator is made inside', $log(), '> Things::count < count');
check('a generator', [$generator->key(), $generator->current(), $generator->send('got')], [1, 'count', 'got']);
$generator->next();
check('to its end', [$generator->key(), $generator->current()], [2, 'count']);
check('of traits, with another name', $things->both(), [['App\Loud::parts', 1, 2], 'X shout App\Things']);
check('enum', Size::Small->label(), 'small');
check('magic', $things->nothing, 'no nothing');
check('first-class callable', array_map($things->more(...), [1, 2]), [[1, [1]], [2, [2]]]);
check('static closure', (Things::make(...))()::class, Things::class);
check('callable array', call_user_func([$things, 'hello'], 'bob'), 'base bob App\Things!');
check('reflection', (new \ReflectionMethod($things, 'callHidden'))->invoke($things, 9)[0], 9);
check('its own parameters', array_map(fn ($p) => (string) $p->getType(), (new \ReflectionMethod($things, 'converted'))->getParameters()), ['float', '?self']);
echo preg_replace('~\S*/~', '', $things->trace()), "\n";
$log();
$things->plain();
check('the others are as they were', $log(), '');
$anonymous = new class { #[Around(Trail::class)] public function run(): string { return 'ran'; } };
check('anonymous class', $anonymous->run(), 'ran');
?>
--EXPECTF--
ok: parent and static
ok: both are woven
ok: private, default, rest
ok: rest with names
ok: named arguments
ok: static
ok: by reference
ok: variadic by reference
ok: passed
ok: more than declared
ok: static variables
ok: never
ok: return by reference
ok: converted
ok: types are checked before
ok: recursion
ok: each call has its aspects
ok: a generator is made inside
ok: a generator
ok: to its end
ok: of traits, with another name
ok: enum
ok: magic
ok: first-class callable
ok: static closure
ok: callable array
ok: reflection
ok: its own parameters
#0 [internal function]: App\Things->trace()
%A
ok: the others are as they were
ok: anonymous class
