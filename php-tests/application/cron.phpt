--TEST--
Application: jobs by the clock: once in the whole server, overlap, exceptions, fatal errors, reload, a killed process, mistakes
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\Server;

mkdir(temp_path('src'));
$marks = temp_path('marks');
file_put_contents(temp_path('src/Notes.php'), "<?php namespace App; final class Notes { public function __construct(private Clock \$clock) {} public function mark(string \$text): void { file_put_contents('$marks', \"\$text \" . getmypid() . \"\\n\", FILE_APPEND | LOCK_EX); } }");
file_put_contents(temp_path('src/Clock.php'), '<?php namespace App; final class Clock {}');
$keeper = fn (string $text) => file_put_contents(temp_path('src/Housekeeping.php'), <<<PHP
    <?php
    namespace App;
    use Highper\Attribute\Cron;
    final class Housekeeping {
        public function __construct(private Notes \$notes) {}
        #[Cron('* * * * * *', overlap: false)] public function prune(Clock \$clock): void { \$this->notes->mark('$text'); }
        #[Cron('* * * * * *', overlap: false)] public function slow(): void { \$this->notes->mark('slow'); usleep(1_300_000); \$this->notes->mark('slept'); }
        #[Cron('* * * * * *')] public function bad(): void { throw new \DomainException('no luck'); }
        #[Cron('0 0 0 1 1 *', timezone: 'Europe/Berlin')] public function yearly(): void {}
    }
    PHP);
$keeper('one');
$script = <<<'PHP'
    <?php
    exit(Highper\Application::create(__DIR__)->scan('App\\', 'src')->settings(['workers' => 2])
        ->get('/', fn () => 'here')
        ->cron('* * * * * *', function () { static $n = 0; if (++$n === 2) { ini_set('memory_limit', '32M'); str_repeat('x', 64 << 20); } }, name: 'fatal')
        ->run([$argv[0], ...array_slice($argv, 2)]));
    PHP;
$server = Server::start($script);
$marked = fn (string $text): array => preg_match_all("/^$text (\d+)$/m", (string) @file_get_contents($marks), $found) ? $found[1] : [];
$inspect = fn (): array => array_values(array_filter(array_map(function ($pid) { try { return [$pid, Highper\inspect($pid)]; } catch (Exception) { return null; } }, $server->children()), fn ($told) => $told && str_contains($told[1], 'job App\Housekeeping::yearly')));
wait_until(fn () => count($marked('one')) >= 2, 'two runs');
check('in one process', count(array_unique($marked('one'))) <= 2, true);
check('not in a worker', str_contains($server->log(), '5 jobs by the clock'), true);
[[$pid, $text]] = wait_until($inspect, 'the process of the jobs');
check('next run in its zone', (bool) preg_match("~job App.Housekeeping::yearly, '0 0 0 1 1 \*': next \d{4}-01-01 00:00:00 CET, last - ; 0 runs, 0 failed, 0 left out~", $text), true);
$server->waitForLog('App\\\\Housekeeping::slow has outlived its period: it runs since 1 s, this run is left out');
check('no two at a time', count($marked('slow')) - count($marked('slept')) <= 1, true);
check('exceptions are told', str_contains($server->log(), 'App\\\\Housekeeping::bad failed: DomainException: no luck'), true);
$server->waitForLog('fatal: a fatal error: Allowed memory size');
wait_until(function () use ($inspect, $pid) { $now = $inspect(); return $now && $now[0][0] !== $pid; }, 'a new process after the fatal error');
check('what was known stays known', (bool) preg_match('/job App.Housekeeping::prune, .* ([2-9]|\d\d) runs, 0 failed/', $inspect()[0][1]), true);

[[$pid]] = $inspect();
posix_kill((int) $pid, SIGKILL);
$before = count($marked('one'));
wait_until(fn () => count($marked('one')) > $before, 'a run after the process was killed');

$keeper('two');
$server->signal(SIGUSR1);
wait_until(fn () => $marked('two') !== [], 'the new code after a reload');
check('runs go on', $server->get('/')->body, 'here');
check('one process after the reload', count($inspect()), 1);
check('exit code', $server->stop(), 0);
check('slow runs have ended', count($marked('slow')) - count($marked('slept')) <= 2, true);

$fails = function (string $code): string {
    file_put_contents(temp_path('src/Housekeeping.php'), "<?php namespace App; use Highper\\Attribute\\Cron; final class Housekeeping { $code }");
    $failing = Server::start('<?php exit(Highper\Application::create(__DIR__)->scan("App\\\\", "src")->run([$argv[0]]));', wait: false);
    $failing->waitForEnd();
    return preg_replace(['~^\{.*\n~m', '~/\S*/~'], '', $failing->log());
};
echo $fails("#[Cron('61 * * * * *')] public function a(): void {}");
echo $fails("#[Cron('@daily', timezone: 'Mars')] public function a(): void {}");
echo $fails("#[Cron('@daily')] private function a(): void {}");
echo $fails("#[Cron('@daily')] public function a(int \$x): void {}");
echo $fails("#[Cron('@daily')] public function a(\\Highper\\Http\\Request \$r): void {}");
echo $fails("syntax error");
?>
--EXPECTF--
ok: in one process
ok: not in a worker
ok: next run in its zone
ok: no two at a time
ok: exceptions are told
ok: what was known stays known
ok: runs go on
ok: one process after the reload
ok: exit code
ok: slow runs have ended
highper: cannot start: #[Cron] on App\Housekeeping::a() in Housekeeping.php:1: '61 * * * * *' is no schedule: %s
highper: cannot start: #[Cron] on App\Housekeeping::a() in Housekeeping.php:1: there is no time zone 'Mars'; write a name such as 'Europe/Berlin' or 'UTC'
highper: cannot start: #[Cron] on App\Housekeeping::a() in Housekeeping.php:1: the method must be public, neither static nor abstract
highper: cannot start: App\Housekeeping::a(): its parameter $x (int) is no class and has no default; give it #[Config('…')], or bind the class to a closure
highper: cannot start: App\Housekeeping::a(): Highper\Http\Request: it lives as long as a request, and this runs without one
highper: cannot start: %s
