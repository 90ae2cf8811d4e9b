--TEST--
Race: coroutines that make and await one another's objects in the container
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\{Application, Container, ContainerException, DeadlineException};
use function Highper\{async, scope, timeout};
use function HighperTest\check;

final class One { public static int $made = 0; public function __construct() { usleep(5000); self::$made++; } }
final class Fails { public static int $tries = 0; public function __construct() { usleep(3000); if (self::$tries++ < 2) { throw new DomainException('not yet'); } } }
$app = Application::create(__DIR__)
    ->singleton('first', function (Container $c) { usleep(2000); return new ArrayObject([$c->get('second')]); })
    ->singleton('second', function (Container $c) { usleep(2000); return new ArrayObject([$c->get('first')]); })
    ->singleton('slow', function () { usleep(60_000); return new ArrayObject; });
$c = $app->container();
$tell = fn (string $id) => function () use ($c, $id): mixed {
    try { return $c->get($id); } catch (ContainerException | DomainException | DeadlineException $e) { return get_class($e) . ': ' . $e->getMessage(); }
};
$all = scope(fn () => array_map(fn () => async($tell(One::class)), range(1, 100)));
check('one for a hundred', [count(array_unique(array_map(spl_object_id(...), $all))), One::$made], [1, 1]);

$start = hrtime(true);
$all = scope(fn () => [async($tell('first')), async($tell('second'))], timeout: 5.0);
check('none waits for ever', [hrtime(true) - $start < 2e9, array_map(fn ($e) => preg_replace('~^.*(circle).*$~', '$1', (string) $e), $all)], [true, ['circle', 'circle']]);

$all = scope(fn () => [async($tell(Fails::class)), async($tell(Fails::class)), async($tell(Fails::class)), async($tell(Fails::class))]);
$made = array_filter($all, is_object(...));
check('who waits tries again', [count($made), count(array_unique(array_map(spl_object_id(...), $made))), Fails::$tries], [2, 1, 3]);

$late = fn () => timeout(0.01, $tell('slow'));
[$maker, $impatient] = scope(fn () => [async($tell('slow')), async($late)]);
check('a wait has its limit', [$maker instanceof ArrayObject, $impatient], [true, 'Highper\DeadlineException: the time for this is over']);
check('and the object is made all the same', $c->get('slow') === $maker);
?>
--EXPECT--
ok: one for a hundred
ok: none waits for ever
ok: who waits tries again
ok: a wait has its limit
ok: and the object is made all the same
