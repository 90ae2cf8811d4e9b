--TEST--
Aspects that wait, throw, end the script or are cancelled: each call keeps to itself, and the next one is as good as new
--FILE--
<?php
require __DIR__ . '/../lib/test.php';

use Highper\{Aspect, Invocation};
use Highper\Attribute\Around;
use function Highper\{async, scope, timeout};
use function HighperTest\check;

final class Waits implements Aspect
{
    public static int $inside = 0;
    public static int $most = 0;
    public function around(Invocation $call): mixed
    {
        self::$most = max(self::$most, ++self::$inside);
        try {
            usleep(mt_rand(0, 2000));
            $call->setArgument(1, $call->argument('n') + 1);
            $result = $call->proceed();
            usleep(mt_rand(0, 2000));
            return $result;
        } finally {
            self::$inside--;
        }
    }
}
final class Throws implements Aspect
{
    public static string $when = 'before';
    public function around(Invocation $call): mixed
    {
        if (self::$when === 'before') { throw new DomainException('before'); }
        $result = $call->proceed();
        if (self::$when === 'after') { usleep(100); throw new DomainException('after'); }
        return $result;
    }
}
final class Again implements Aspect
{
    public function around(Invocation $call): mixed
    {
        try { return $call->proceed(); } catch (LogicException) { usleep(100); return 'again: ' . $call->proceed(); }
    }
}
final class Uses
{
    public int $called = 0;
    #[Around(Waits::class, Waits::class)] public function sum(string $who, int $n): string { $this->called++; usleep(mt_rand(0, 1000)); return "{$who} {$n}"; }
    #[Around(Throws::class)] public function made(): object { return new class { public function __destruct() { echo "gone\n"; } }; }
    #[Around(Waits::class)] public function sleeps(string $who, int $n): string { usleep(5_000_000); return 'late'; }
    #[Around(Again::class)] public function once(): string { if (++$this->called % 2) { throw new LogicException('first'); } return "call {$this->called}"; }
    #[Around(Waits::class)] public function deeper(string $who, int $n): int { return $n > 40 ? $n : $this->deeper($who, $n); }
    #[Around(Waits::class)] public static function some(string $who, int $n): Generator { yield $who; usleep(100); yield $n; }
}

$uses = new Uses;
scope(function () use ($uses) {
    $tasks = array_map(fn ($i) => async(fn () => $uses->sum("task {$i}", $i)), range(0, 199));
    $wrong = array_filter($tasks, fn ($task) => $task->await() !== sprintf('task %1$d %2$d', $i = array_search($task, $tasks, true), $i + 2));
    check('200 calls at once', [count($wrong), $uses->called, Waits::$inside, Waits::$most > 100], [0, 200, 0, true]);
    foreach (['before', 'after', 'never'] as Throws::$when) {
        try { $uses->made(); echo "made\n"; } catch (DomainException $e) { echo $e->getMessage(), ', ', count(array_filter($e->getTrace(), fn ($at) => ($at['class'] ?? '') === 'Throws')), "\n"; }
    }
    try {
        timeout(0.02, fn () => $uses->sleeps('x', 1));
    } catch (Highper\DeadlineException $e) {
        check('cancelled inside', Waits::$inside, 0);
    }
    $task = async(fn () => $uses->sleeps('y', 1));
    usleep(5000);
    $task->cancel();
    try { $task->await(); } catch (Highper\CancelledException) { check('cancelled by another', Waits::$inside, 0); }
    $uses->called = 0;
    check('proceed() again after a wait', [$uses->once(), $uses->once()], ['again: call 2', 'again: call 4']);
    check('in itself', [$uses->deeper('z', 0), Waits::$inside], [41, 0]);
    check('a generator', iterator_to_array(Uses::some('g', 1)), ['g', 2]);
});
$php = escapeshellarg(getenv('TEST_PHP_EXECUTABLE'));
$file = HighperTest\temp_path('ends.php');
file_put_contents($file, <<<'PHP'
    <?php
    final class Ends implements Highper\Aspect { public function around(Highper\Invocation $call): mixed { usleep(100); try { exit("the end\n"); } finally { echo "finally\n"; } } }
    final class U { #[Highper\Attribute\Around(Ends::class)] public function f() { echo "nor here\n"; } }
    register_shutdown_function(fn () => print("shutdown\n"));
    Highper\scope(fn () => (new U)->f());
    PHP);
echo preg_replace(['~/\S+/~', '~^#.*\n~m', '~\n\n+~'], ['', '', "\n"], shell_exec("$php $file 2>&1"));
file_put_contents($file, <<<'PHP'
    <?php
    ini_set('memory_limit', '16M'); ini_set('display_errors', '1');
    final class Eats implements Highper\Aspect { public function around(Highper\Invocation $call): mixed { usleep(100); return str_repeat('x', 64 << 20); } }
    final class U { #[Highper\Attribute\Around(Eats::class)] public function f() { } }
    register_shutdown_function(fn () => print("\nshutdown\n"));
    Highper\scope(fn () => (new U)->f());
    PHP);
echo preg_replace(['~/\S+/~', '~^#.*\n~m', '~\n\n+~'], ['', '', "\n"], shell_exec("$php $file 2>&1"));
?>
--EXPECTF--
ok: 200 calls at once
before, 1
gone
after, 1
gone
made
ok: cancelled inside
ok: cancelled by another
ok: proceed() again after a wait
ok: in itself
ok: a generator
finally
Fatal error: Uncaught Swoole\ExitException: swoole exit in ends.php:2
Stack trace:
  thrown in ends.php on line 2
shutdown

Fatal error: Allowed memory size of 16777216 bytes exhausted (tried to allocate %d bytes) in ends.php on line 3
shutdown
