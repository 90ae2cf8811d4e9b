--TEST--
Application: jobs in task workers: results, exceptions, retries, time-outs, a killed process, a full queue, reload and drain
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, temp_path, wait_until};
use HighperTest\{HttpClient, Server};

$marks = temp_path('marks');
$script = <<<'PHP'
    <?php
    use Highper\Application;
    use Highper\Attribute\Job;
    use Highper\Task\{JobFailed, QueueFull, Tasks};
    const MARKS = '%MARKS%';
    function mark(string $text): void { file_put_contents(MARKS, "$text\n", FILE_APPEND | LOCK_EX); }
    final class Calculator { public function twice(int $n): int { return 2 * $n; } }
    final readonly class Twice {
        public function __construct(private int $n) {}
        public function handle(Calculator $calculator): array { return [$calculator->twice($this->n), getmypid()]; }
    }
    final class Big { public function __construct(private string $text) {} public function __invoke(): string { return strrev($this->text); } }
    final class Throws {
        public function handle(): never { throw new DomainException('no such note'); }
    }
    #[Job(retries: 2)]
    final class Third {
        public function handle(): string { mark('third ' . getmypid()); return count(file(MARKS)) >= 3 ? 'done' : throw new Exception('not yet'); }
    }
    #[Job(retries: 1)]
    final class Kills {
        public function handle(): string {
            mark('kills');
            if (count(file(MARKS)) < 2) { posix_kill(getmypid(), SIGKILL); sleep(5); }
            return 'lived';
        }
    }
    final class Dies { public function handle(): void { posix_kill(getmypid(), SIGKILL); sleep(5); } }
    final class Exits { public function handle(): void { exit(3); } }
    final class Fatal { public function handle(): void { ini_set('memory_limit', '32M'); str_repeat('x', 64 << 20); } }
    final class Closure_ { public function handle(): Closure { return fn () => 1; } }
    final class Holds { public $closure; public function __construct() { $this->closure = fn () => 1; } public function handle(): void {} }
    #[Job(timeout: 0.2)]
    final class Sleeps { public function handle(): void { try { usleep(5_000_000); } finally { mark('finally'); } } }
    #[Job(timeout: 0.2)]
    final class Burns { public function handle(): void { for ($end = hrtime(true) + 20_000_000_000; hrtime(true) < $end;) {} } }
    final class Waits { public function __construct(private float $seconds, private string $mark) {} public function handle(): string { usleep((int) ($this->seconds * 1e6)); mark($this->mark); return $this->mark; } }
    final class Nested { public function handle(Tasks $tasks): string {
        $tasks->dispatch(new Waits(0, 'nested'));
        try { $tasks->run(new Twice(1)); return 'ran'; } catch (Error $e) { return $e->getMessage(); }
    } }
    final class NoHandle {}

    $failed = fn (object $job, mixed ...$args) => function (Tasks $tasks) use ($job, $args): array {
        @unlink(MARKS);
        try {
            return ['value' => $tasks->run($job, ...$args)];
        } catch (JobFailed $e) {
            return [$e->getMessage(), $e->job, $e->reason, $e->exception, str_contains($e->remoteTrace, '#0'), basename($e->at)];
        } catch (Throwable $e) {
            return [$e::class, $e->getMessage()];
        }
    };
    exit(Application::create(__DIR__)
        ->settings(['tasks' => 1, 'task_queue' => 3, 'workers' => 1])
        ->get('/twice/{n}', fn (int $n, Tasks $tasks): array => $tasks->run(new Twice($n)))
        ->get('/big', fn (Tasks $tasks): string => md5($tasks->run(new Big(str_repeat('ab', 500_000)))))
        ->get('/throws', $failed(new Throws))
        ->get('/third', $failed(new Third))
        ->get('/kills', $failed(new Kills))
        ->get('/dies', $failed(new Dies))
        ->get('/exits', $failed(new Exits))
        ->get('/fatal', $failed(new Fatal))
        ->get('/closure', $failed(new Closure_))
        ->get('/holds', $failed(new Holds))
        ->get('/sleeps', $failed(new Sleeps))
        ->get('/burns', $failed(new Burns))
        ->get('/late', $failed(new Waits(1, 'late'), timeout: 0.1))
        ->get('/nested', $failed(new Nested))
        ->get('/nohandle', $failed(new NoHandle))
        ->get('/retries', $failed(new Twice(1), retries: -1))
        ->get('/both', function (Tasks $tasks) use ($failed): array {
            Swoole\Coroutine::create(function () { usleep(50_000); for ($end = hrtime(true) + 300_000_000; hrtime(true) < $end;) {} });
            return $failed(new Waits(1, 'late'), timeout: 0.1)($tasks);
        })
        ->get('/504', fn (Tasks $tasks) => $tasks->run(new Waits(1, 'late'), timeout: 0.1))
        ->get('/full', function (Tasks $tasks): array {
            @unlink(MARKS);
            for ($i = 0; $i < 20; $i++) {
                try { $tasks->dispatch(new Waits(0.1, "job $i")); } catch (QueueFull $e) { return [$i, $e->getMessage()]; }
            }
            return [$i];
        })
        ->get('/slow/{mark}', function (string $mark, Tasks $tasks): string { $tasks->dispatch(new Waits(0.4, $mark)); return 'ok'; })
        ->get('/waiting', fn (Tasks $tasks): int => $tasks->waiting())
        ->run([$argv[0], ...array_slice($argv, 2)]));
    PHP;
$script = str_replace('%MARKS%', $marks, $script);
$marked = fn (): array => @file($marks, FILE_IGNORE_NEW_LINES) ?: [];
$server = Server::start($script);
$json = fn (string $path) => json_decode($server->get($path)->body, true);
[$value, $pid] = $json('/twice/21');
check('a result, by an injected service', $value, 42);
check('in a process of its own', in_array($pid, $server->children()), true);
check('the same again', $json('/twice/1'), [2, $pid]);
check('a large job', $server->get('/big')->body, md5(str_repeat('ba', 500_000)));
[$message, $job, $reason, $exception, $trace, $at] = $json('/throws');
check('an exception', preg_replace('~/\S*/~', '', $message), "the job Throws failed: DomainException: no such note at $at");
check('its parts', [$job, $reason, $exception, $trace], ['Throws', 'exception', 'DomainException', true]);
check('retried', $json('/third'), ['value' => 'done']);
check('three attempts', count($marked()), 3);
wait_until(fn () => substr_count($server->log(), 'the job Third failed: Exception: not yet') === 2, 'both failures in the log');
check('killed and retried', $json('/kills'), ['value' => 'lived']);
$dies = $json('/dies');
check('killed and reported', [$dies[2], (bool) preg_match('/the job Dies failed: its process \d+ was killed by signal 9/', $dies[0])], ['killed', true]);
check('exit()', $json('/exits')[2], 'exit');
$fatal = $json('/fatal');
check('a fatal error', [$fatal[2], str_contains($fatal[0], 'Allowed memory size')], ['fatal', true]);
check('goes on', $json('/twice/4')[0], 8);
check('a result that stays', $json('/closure')[0] ?? '', "the job Closure_ failed: Error: what it returned can't go to another process: Serialization of 'Closure' is not allowed; keep ids and plain values in it, and take services as parameters of handle()");
check('a job that stays', $json('/holds'), ['Error', "the job Holds can't go to another process: Serialization of 'Closure' is not allowed; keep ids and plain values in it, and take services as parameters of handle()"]);
check('its time is over where it waits', $json('/sleeps')[2], 'timeout');
check('finally blocks run', $marked(), ['finally']);
$burns = $json('/burns');
check('its time is over where it computes', [$burns[2], $burns[0]], ['timeout', 'the job Burns failed: it took longer than 0.2 s']);
check('run() gives up', $json('/late'), ['Highper\DeadlineException', 'the job Waits has not ended in time']);
check('run() gives up, and not as the job does: both are late in a worker that computes', $json('/both'), ['Highper\\DeadlineException', 'the job Waits has not ended in time']);
check('in a request that is 504', $server->get('/504')->status, 504);
check('in a job', $json('/nested'), ['value' => "a job can't wait for another job: with all task workers waiting none would be left; use dispatch(), or call handle() here"]);
wait_until(fn () => $marked() === ['nested'], 'the job that a job has dispatched');
check('no handle()', $json('/nohandle')[1], 'NoHandle has no method handle(): what it does goes there, its parameters are injected');
check('wrong retries', $json('/retries')[1], 'Highper\Task\Tasks::run(): Argument #3 ($retries) must be from 0 to 1000, -1 given');
[$taken, $full] = $json('/full');
check('a full queue', [$taken >= 3 && $taken <= 5, $full], [true, "the job Waits is refused: 3 jobs wait for a task worker, the most that may ('task_queue' in the settings); more task workers ('tasks') take them sooner"]);
wait_until(fn () => count($marked()) === $taken, 'all jobs that were taken');
check('in their order', $marked(), array_map(fn ($i) => "job $i", range(0, $taken - 1)));
unlink($marks);
$server->get('/slow/first');
$server->get('/slow/second');
$server->signal(SIGUSR1);
wait_until(fn () => $marked() === ['first', 'second'], 'jobs across a reload');
wait_until(fn () => !in_array($pid, $server->children()), 'the old task worker');
check('after the reload', $json('/twice/5')[0], 10);
unlink($marks);
$server->get('/slow/last');
wait_until(fn () => $server->get('/waiting')->body === '0', 'the job to begin');
check('exit code', $server->stop(), 0);
check('the end waits for what runs', $marked(), ['last']);

$none = Server::start('<?php exit(Highper\Application::create(__DIR__)->get("/", fn (Highper\Task\Tasks $tasks) => 1)->run([$argv[0]]));', wait: false);
check('no task workers', [$none->waitForEnd(), trim(preg_replace('~ \(/[^)]+\)~', '', $none->log()))], [1, "highper: cannot start: route GET /: Highper\Task\Tasks: there are no task workers: say how many, ->settings(['tasks' => 2])"]);
?>
--EXPECT--
ok: a result, by an injected service
ok: in a process of its own
ok: the same again
ok: a large job
ok: an exception
ok: its parts
ok: retried
ok: three attempts
ok: killed and retried
ok: killed and reported
ok: exit()
ok: a fatal error
ok: goes on
ok: a result that stays
ok: a job that stays
ok: its time is over where it waits
ok: finally blocks run
ok: its time is over where it computes
ok: run() gives up
ok: run() gives up, and not as the job does: both are late in a worker that computes
ok: in a request that is 504
ok: in a job
ok: no handle()
ok: wrong retries
ok: a full queue
ok: in their order
ok: after the reload
ok: exit code
ok: the end waits for what runs
ok: no task workers
