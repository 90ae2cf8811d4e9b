--TEST--
Application: processes beside the workers: count, restart with back-off, stop, cancel, reload, a killed one, mistakes
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

mkdir(temp_path('src'));
$marks = temp_path('marks');
file_put_contents(temp_path('src/Queue.php'), <<<PHP
    <?php
    namespace App;
    use Highper\Attribute\Process;
    use Highper\Process\Context;
    use Psr\Log\LoggerInterface;
    #[Process('queue', count: 2)]
    final class Queue {
        public function handle(Context \$process): void {
            \$mark = fn (string \$text) => file_put_contents('$marks', \$text . ' ' . getmypid() . "\\n", FILE_APPEND | LOCK_EX);
            \$mark(\$process->name() . ' ' . \$process->number());
            while (\$process->sleep(0.05)) {}
            usleep(100_000);
            \$mark(\$process->isStopping() ? 'stopping' : 'wrong');
        }
    }
    PHP);
$script = <<<'PHP'
    <?php
    $mark = fn (string $text) => file_put_contents('%MARKS%', $text . ' ' . getmypid() . "\n", FILE_APPEND | LOCK_EX);
    exit(Highper\Application::create(__DIR__)->scan('App\\', 'src')->settings(['workers' => 1])
        ->get('/', fn () => 'here')
        ->process('sleeps', function () use ($mark) { try { usleep(50_000_000); } finally { $mark('finally'); } })
        ->process('broken', function () { throw new RuntimeException('broken'); })
        ->run([$argv[0], ...array_slice($argv, 2)]));
    PHP;
$script = str_replace('%MARKS%', $marks, $script);
$marked = fn (string $text): array => preg_match_all("/^$text (\d+)$/m", (string) @file_get_contents($marks), $found) ? $found[1] : [];
$server = Server::start($script);
[$first] = wait_until(fn () => $marked('queue 0'), 'the first');
[$second] = wait_until(fn () => $marked('queue 1'), 'the second');
check('two processes', $first !== $second && in_array((int) $first, $server->children()), true);
$log = $server->waitForLog('it starts again in 0.8 s');
preg_match_all('/the process broken failed: RuntimeException: broken; it starts again in (\S+) s/', $log, $found);
check('pauses grow', array_slice($found[1], 0, 4), ['0.1', '0.2', '0.4', '0.8']);
$status = Server::start($script, ['status'], wait: false, port: $server->port);
$status->waitForEnd();
check('in the status', preg_match_all('/^(queue-0|queue-1|sleeps|broken) +\d+ /m', $status->log()), 4);
posix_kill((int) $first, SIGKILL);
wait_until(fn () => count($marked('queue 0')) === 2, 'a new one for the killed one');
$server->signal(SIGUSR1);
wait_until(fn () => count($marked('stopping')) === 2, 'the end of both at a reload');
wait_until(fn () => count($marked('queue 0')) === 3 && count($marked('queue 1')) === 2, 'new ones after the reload');
check('what waits is cancelled', count($marked('finally')), 1);
check('serves', $server->get('/')->body, 'here');
check('exit code', $server->stop(), 0);
check('each has ended by itself', [count($marked('stopping')), count($marked('finally')), count($marked('wrong'))], [4, 2, 0]);

$fails = function (string $code): string {
    file_put_contents(temp_path('src/Queue.php'), "<?php namespace App; use Highper\\Attribute\\Process; $code");
    $failing = Server::start('<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->run([$argv[0]]));', wait: false);
    $failing->waitForEnd();
    return preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $failing->log());
};
echo $fails("#[Process('a b')] class Queue { function handle() {} }");
echo $fails("#[Process('a', count: 0)] class Queue { function handle() {} }");
echo $fails("#[Process('a')] class Queue { }");
echo $fails("#[Process('a')] abstract class Queue { function handle() {} }");
echo $fails("#[Process('a')] class Queue { function handle(int \$x) {} }");
unlink(temp_path('src/Queue.php'));
$failing = Server::start('<?php exit(Highper\Application::create(__DIR__)->process("a", fn () => 1)->process("a", fn () => 2)->run([$argv[0]]));', wait: false);
check('two of one name', [$failing->waitForEnd(), (bool) preg_match("/there are two processes 'a': at \S+:1 and at \S+:1; give one another name/", $failing->log())], [1, true]);
?>
--EXPECTF--
ok: two processes
ok: pauses grow
ok: in the status
ok: what waits is cancelled
ok: serves
ok: exit code
ok: each has ended by itself
highper: cannot start: #[Process] on App\Queue in Queue.php:1: Highper\Attribute\Process::__construct(): Argument #1 ($name) must have 1 to 40 letters, digits, '-', '_', '.' or ':', and be none of 'cron', 'task' and 'worker', 'a b' given
highper: cannot start: #[Process] on App\Queue in Queue.php:1: Highper\Attribute\Process::__construct(): Argument #2 ($count) must be from 1 to 100, 0 given
highper: cannot start: #[Process] on App\Queue in Queue.php:1: the class needs a public method handle(), whose parameters are injected
highper: cannot start: #[Process] on App\Queue in Queue.php:1: the class can't be instantiated
highper: cannot start: App\Queue::handle(): its parameter $x (int) is no class and has no default; give it #[Config('…')], or bind the class to a closure
ok: two of one name
