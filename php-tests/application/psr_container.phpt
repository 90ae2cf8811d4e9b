--TEST--
Application: PSR-11 by the bridge package
--FILE--
<?php
namespace Psr\Container {
    interface ContainerInterface { public function get(string $id); public function has(string $id): bool; }
    interface ContainerExceptionInterface extends \Throwable {}
    interface NotFoundExceptionInterface extends ContainerExceptionInterface {}
}
namespace {
    require __DIR__ . '/../lib/test.php';
    use function HighperTest\check;
    use Psr\Container\{ContainerExceptionInterface, ContainerInterface, NotFoundExceptionInterface};

    spl_autoload_register(function (string $class) {
        if (str_starts_with($class, 'Highper\\Psr\\')) {
            require dirname(__DIR__, 2) . '/php/src/' . strtr(substr($class, 8), '\\', '/') . '.php';
        }
    });
    final class Clock {}
    final class Needs { public function __construct(string $what) {} }
    final class Broken { public function __construct() { throw new DomainException('broken'); } }

    $native = Highper\Application::create(__DIR__)->bind('the.clock', Clock::class)->bind('wrong', fn () => 5)->container();
    $psr = new Highper\Psr\Container($native);
    check('is one', $psr instanceof ContainerInterface);
    check('has', [$psr->has('the.clock'), $psr->has(Clock::class), $psr->has('nothing')], [true, true, false]);
    check('get', [$psr->get('the.clock') instanceof Clock, $psr->get(Clock::class) === $native->get(Clock::class)], [true, true]);
    $kind = function (string $id) use ($psr) {
        try { $psr->get($id); } catch (NotFoundExceptionInterface $e) { return "none: {$e->getMessage()}"; }
        catch (ContainerExceptionInterface $e) { return "error: {$e->getMessage()}"; }
        catch (Throwable $e) { return get_class($e); }
    };
    check('not found', $kind('nothing'), 'none: nothing: there is no such class');
    check('bound and wrong', $kind('wrong'), 'error: wrong: its closure must return an object, int returned');
    check('what a constructor throws', $kind(Broken::class), 'DomainException');
}
?>
--EXPECT--
ok: is one
ok: has
ok: get
ok: not found
ok: bound and wrong
ok: what a constructor throws
