--TEST--
Console: a command that throws, exits, ends fatally, waits for ever, or is interrupted
--EXTENSIONS--
highper
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Console;

file_put_contents(temp_path('server.php'), <<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)
        ->command('fail', function () { 
            throw new DomainException("no luck", 3, new RuntimeException('deeper'));
        })
        ->command('bye', function () { exit(4); })
        ->command('die', function () { exit("dead\n"); })
        ->command('fatal', function () { ini_set('memory_limit', '8M'); str_repeat('x', 64 << 20); })
        ->command('wait', function () { try { echo "waits\n"; sleep(60); } finally { echo "finally\n"; usleep(1000); echo "still\n"; } })
        ->command('tidy', function (): int { Highper\async(function () { try { sleep(60); } finally { echo "child\n"; } }); echo "waits\n"; try { sleep(60); } catch (Highper\CancelledException $e) { echo $e->getMessage(), "\n"; } return 9; })
        ->command('burn', function () { echo "waits\n"; $a = range(1, 9); while (true) { usort($a, fn ($a, $b) => $a <=> $b); } })
        ->command('stuck', function () { (new Swoole\Coroutine\Channel())->pop(); })
        ->command('child', function () { Highper\async(function () { usleep(1000); throw new LogicException('in a child'); }); try { sleep(60); } finally { echo "ended\n"; } })
        ->command('stray', function () { Swoole\Coroutine::create(function () { usleep(1000); throw new LogicException('in a stray'); }); sleep(60); })
        ->command('strays', function () { for ($i = 0; $i < 9; $i++) { Swoole\Coroutine::create(fn () => sleep(60)); } echo "waits\n"; sleep(60); })
        ->run($argv));
    PHP);
$console = new Console(temp_path('server.php'));
[$code, $out, $err] = $console->run(['fail']);
echo $code, $out, preg_replace('~/\S*/~', '', $err);
check('exit', $console->run(['bye']), [4, '', '']);
check('exit with a text', $console->run(['die']), [0, "dead\n", '']);
[$code, $out, $err] = $console->run(['fatal']);
check('fatal', [$code, str_contains($out . $err, 'Allowed memory size')], [255, true]);
[$code, $out, $err] = $console->run(['stuck']);
check('for ever', [$code, str_contains($out . $err, 'deadlock')], [1, true]);
[$code, $out, $err] = $console->run(['child']);
check('a task that throws ends it', [$code, $out, (bool) preg_match('~^  LogicException: in a child$~m', $err)], [1, "ended\n", true]);
[$code, $out, $err] = $console->run(['stray']);
check('a coroutine that throws ends the program', [$code, str_contains($out . $err, 'in a stray')], [255, true]);

$interrupted = function (string $name, int ...$signals) use ($console): array {
    [$process, $out, $err] = $console->start([$name]);
    foreach ($signals as $number => $signal) {
        wait_until(fn () => str_contains(file_get_contents($out), 'waits'), 'the command');
        $number === 0 || usleep(50_000);
        proc_terminate($process, $signal);
    }
    return $console->end($process, $out, $err);
};
check('^C', $interrupted('wait', SIGINT), [130, "waits\nfinally\nstill\n", "highper: wait was interrupted\n"]);
check('SIGTERM', $interrupted('wait', SIGTERM), [143, "waits\nfinally\nstill\n", "highper: wait was interrupted\n"]);
[$code, $out, $err] = $interrupted('tidy', SIGINT);
check('caught', [$code, str_contains($out, "the command was interrupted\n"), str_contains($out, "child\n")], [130, true, true]);
check('all coroutines', $interrupted('strays', SIGINT), [130, "waits\n", "highper: strays was interrupted\n"]);
check('a second one ends what computes', $interrupted('burn', SIGINT, SIGINT), [-SIGINT, "waits\n", '']);
?>
--EXPECTF--
1
  DomainException: no luck

  at server.php:4
       2 | exit(Highper\Application::create(__DIR__)
       3 |     ->command('fail', function () { 
  >    4 |         throw new DomainException("no luck", 3, new RuntimeException('deeper'));
       5 |     })
       6 |     ->command('bye', function () { exit(4); })
  #0 [internal function]: {closure%S()
  #1 {main}

  caused by
  RuntimeException: deeper

  at server.php:4
  #0 [internal function]: {closure%S()
  #1 {main}

ok: exit
ok: exit with a text
ok: fatal
ok: for ever
ok: a task that throws ends it
ok: a coroutine that throws ends the program
ok: ^C
ok: SIGTERM
ok: caught
ok: all coroutines
ok: a second one ends what computes
