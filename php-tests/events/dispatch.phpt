--TEST--
Events: listeners of classes, parents and interfaces, in order; stopping, errors, coroutines of their own
--FILE--
<?php
namespace Psr\EventDispatcher {
    interface EventDispatcherInterface { public function dispatch(object $event); }
    interface StoppableEventInterface { public function isPropagationStopped(): bool; }
}
namespace App {
    use Highper\{Application, Event\Dispatcher, Event\Stoppable};
    use function Highper\scope;
    use function HighperTest\check;

    require __DIR__ . '/../lib/test.php';

    interface Audited {}
    class Happened { public array $log = []; }
    final class Registered extends Happened implements Audited, Stoppable { public bool $stop = false; public function isPropagationStopped(): bool { return $this->stop; } }
    final class OfPsr implements \Psr\EventDispatcher\StoppableEventInterface { public int $n = 0; public function isPropagationStopped(): bool { return $this->n > 0; } }
    final class Mails { public function __construct(private Dispatcher $events) {} public function welcome(Registered $event): void { $event->log[] = 'mails'; } public static function fixed(Happened $event): void { $event->log[] = 'static'; } }

    $app = Application::create(__DIR__);
    $events = $app->container()->get(Dispatcher::class);
    check('one of the application', $events === $app->container()->get(Dispatcher::class));
    $plain = new Registered;
    check('nobody listens', [$events->dispatch($plain) === $plain, $events->has($plain)], [true, false]);
    $app->listen(function (Registered $event) { $event->log[] = 'closure'; })
        ->listen(Happened::class, fn ($event) => $event->log[] = 'parent')
        ->listen(Audited::class, fn ($event) => $event->log[] = 'interface', priority: 5)
        ->listen(Registered::class, [Mails::class, 'welcome'], -1)
        ->listen('App\Happened', [Mails::class, 'fixed'], priority: -2)
        ->listen(fn (OfPsr|\ArrayObject $event) => $event->n = ($event->n ?? 0) + 1)
        ->listen(fn (OfPsr $event) => $event->n += 10);
    $log = fn (object $event) => $events->dispatch($event)->log;
    check('in order', $log(new Registered), ['interface', 'closure', 'parent', 'mails', 'static']);
    check('a parent', $log(new Happened), ['parent', 'static']);
    check('of a class by its name', [$events->has(Registered::class), $events->has('Nothing'), $events->has(\stdClass::class)], [true, false, false]);
    $events->listen(Audited::class, fn ($event) => $event->stop = true, 3);
    check('added later, and stopped', $log(new Registered), ['interface']);
    check('stopped as in PSR-14', $events->dispatch(new OfPsr)->n, 1);
    check('a type of several classes', $events->dispatch(new \ArrayObject([], \ArrayObject::ARRAY_AS_PROPS))->n, 1);

    final class Order { public array $log = []; }
    $events->listen(Order::class, function (Order $order) { $order->log[] = 'a1'; usleep(2000); $order->log[] = 'a2'; }, async: true)
        ->listen(Order::class, function (Order $order) { $order->log[] = 'b'; }, priority: -1)
        ->listen(Order::class, function (Order $order) { usleep(1000); throw new \DomainException('later'); }, async: true);
    $order = new Order;
    check('others go on', scope(function () use ($events, $order) { $events->dispatch($order); return $order->log; }), ['a1', 'b']);
    check('they end by themselves', $order->log, ['a1', 'b', 'a2']);
    $order = new Order;
    try {
        $events->dispatch($order);
    } catch (\DomainException $e) {
        check('without a loop one after the other', [$e->getMessage(), $order->log], ['later', ['a1', 'a2']]);
    }

    final class Failing { public int $n = 0; }
    $events->listen(fn (Failing $event) => throw new \DomainException('no'))->listen(fn (Failing $event) => $event->n++);
    $failing = new Failing;
    try {
        $events->dispatch($failing);
    } catch (\DomainException $e) {
        check('what a listener throws', [$e->getMessage(), $failing->n], ['no', 0]);
    }
    final class Nested { public function __construct(public int $depth) {} }
    $events->listen(fn (Nested $event) => $event->depth < 50 ? $events->dispatch(new Nested($event->depth + 1)) : $events->listen(Nested::class, fn () => null));
    check('events of events', $events->dispatch(new Nested(0))->depth, 0);

    foreach ([fn () => $events->listen('A'), fn () => $events->listen(fn ($event) => 1), fn () => $events->listen(fn (int $event) => 1), fn () => $events->listen(fn (Order $o) => 1, fn () => 1),
        fn () => $events->listen(Order::class, ['x']), fn () => $events->dispatch('text')] as $wrong) {
        try {
            $wrong();
            echo "nothing was wrong\n";
        } catch (\Error $e) {
            echo get_class($e), ': ', $e->getMessage(), "\n";
        }
    }
    spl_autoload_register(function (string $class) {
        if (str_starts_with($class, 'Highper\\Psr\\')) {
            require dirname(__DIR__, 2) . '/php/src/' . strtr(substr($class, 8), '\\', '/') . '.php';
        }
    });
    $psr = new \Highper\Psr\Dispatcher($events);
    check('PSR-14', [$psr instanceof \Psr\EventDispatcher\EventDispatcherInterface, $psr->dispatch(new Happened)->log], [true, ['parent', 'static']]);
}
?>
--EXPECTF--
ok: one of the application
ok: nobody listens
ok: in order
ok: a parent
ok: of a class by its name
ok: added later, and stopped
ok: stopped as in PSR-14
ok: a type of several classes
%aa listener at %sdispatch.phpt.php:%d has failed for App\\Order: Uncaught DomainException: later%a
ok: others go on
ok: they end by themselves
ok: without a loop one after the other
ok: what a listener throws
ok: events of events
ValueError: Highper\Event\Dispatcher::listen(): Argument #2 ($listener) must be the listener
ValueError: Highper\Event\Dispatcher::listen(): Argument #1 ($event) must be a closure whose first parameter has the class of the events as its type
ValueError: Highper\Event\Dispatcher::listen(): Argument #1 ($event) must be a closure whose first parameter has the class of the events as its type
ValueError: Highper\Event\Dispatcher::listen(): Argument #1 ($event) must be the class of the events where a listener is given beside it
ValueError: Highper\Event\Dispatcher::listen(): Argument #2 ($listener) must be a Closure or [class, method]
TypeError: Highper\Event\Dispatcher::dispatch(): Argument #1 ($event) must be of type object, string given
ok: PSR-14
