--TEST--
Highper\scope, async, await, timeout: results, failures, cancellation, deadlines
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\{Awaitable, CancelledException, DeadlineException};
use function Highper\{async, await, scope, timeout};
use function HighperTest\check;

function said(callable $f): string
{
    try {
        return json_encode($f());
    } catch (Throwable $e) {
        return $e::class . ': ' . $e->getMessage();
    }
}

// A plain script: scope() brings its own loop.
$began = microtime(true);
check('results take the places of awaitables', scope(fn () => [
    'a' => async(function () { usleep(30_000); return 1; }),
    'b' => ['deep' => async(fn (int $x) => $x * 2, 21), 'plain' => 'x'],
    'c' => null,
]), ['a' => 1, 'b' => ['deep' => 42, 'plain' => 'x'], 'c' => null]);
check('one awaitable', scope(fn () => async(fn () => 'one')), 'one');
check('nested scopes', scope(fn () => scope(fn () => scope(fn () => 3)) + 1), 4);

scope(function () {
    $began = microtime(true);
    $tasks = [];
    for ($i = 0; $i < 50; $i++) {
        $tasks["t$i"] = async(function () use ($i) { usleep(50_000); return $i; });
    }
    check('await of many keeps the keys', array_sum(await($tasks)), 1225);
    check('in parallel', microtime(true) - $began < 1.0);
    check('await of a generator', await((function () { yield 'x' => async(fn () => 1); yield 'y' => 2; })()), ['x' => 1, 'y' => 2]);
    $task = async(fn () => 'v');
    check('awaited twice', [$task->await(), $task->await(), $task->isDone()], ['v', 'v', true]);
});

$order = [];
scope(function () use (&$order) {
    async(function () use (&$order) {
        usleep(20_000);
        async(function () use (&$order) { usleep(20_000); $order[] = 'grandchild'; });
        $order[] = 'child';
    });
    $order[] = 'body';
});
check('the scope waits for children of children', $order, ['body', 'child', 'grandchild']);

// Failures.
$log = [];
check('the first failure ends the scope', said(function () use (&$log) { scope(function () use (&$log) {
    async(function () use (&$log) {
        try { sleep(30); } catch (CancelledException $e) { $log[] = 'sibling cancelled'; throw $e; } finally { $log[] = 'finally'; }
    });
    async(function () { usleep(10_000); throw new DomainException('broken'); });
    try { sleep(30); } finally { $log[] = 'body cancelled'; }
}); }), 'DomainException: broken');
sort($log);
check('and cancels the others and the body', $log, ['body cancelled', 'finally', 'sibling cancelled']);
check('at once', microtime(true) - $began < 10);
check('a body that throws cancels its tasks', said(fn () => scope(function () {
    async(function () { sleep(30); });
    throw new LogicException('body');
})), 'LogicException: body');
check('a task that throws before it waits', said(fn () => scope(function () {
    async(function () { throw new DomainException('at once'); });
    sleep(30);
})), 'DomainException: at once');
check('a failure that is caught where it is awaited ends the scope all the same', said(fn () => scope(function () {
    $task = async(function () { usleep(1000); throw new DomainException('late'); });
    try { $task->await(); } catch (DomainException) { return 'caught'; }
})), 'DomainException: late');
check('no task starts in a scope that is ending', said(fn () => scope(function () {
    async(function () { throw new DomainException('first'); });
    try { usleep(1000); } catch (CancelledException) { }
    async(fn () => print('never'));
})), 'DomainException: first');

// Time.
$began = microtime(true);
check('a scope out of time', said(fn () => scope(fn () => [async(function () { sleep(30); }), async(fn () => 1)], timeout: 0.05)),
    'Highper\DeadlineException: the time for this is over');
check('after its time-out', ($t = microtime(true) - $began) > 0.04 && $t < 1.0);
scope(function () {
    check('timeout() of a channel', said(fn () => timeout(0.02, fn () => (new Swoole\Coroutine\Channel(1))->pop())),
        'Highper\DeadlineException: the time for this is over');
    check('in time', said(fn () => timeout(5, function () { usleep(1000); return 'done'; })), '"done"');
    check('then later waits are free again', said(function () { usleep(30_000); return 'free'; }), '"free"');
    check('finally may wait a little', said(function () {
        try {
            return timeout(0.02, function () { try { sleep(30); } finally { usleep(20_000); echo "cleaned up\n"; } });
        } catch (DeadlineException) { return 'late'; }
    }), '"late"');
    check('the outer limit holds inside a longer one', said(fn () => timeout(0.03, fn () => timeout(10, function () { sleep(30); }))),
        'Highper\DeadlineException: the time for this is over');
    check('the outer limit comes after the inner was caught', said(fn () => timeout(0.05, function () {
        try { timeout(0.01, function () { sleep(30); }); } catch (DeadlineException) { }
        sleep(30);
    })), 'Highper\DeadlineException: the time for this is over');
    check('children inherit the limit', said(fn () => timeout(0.03, fn () => scope(fn () => async(function () { sleep(30); })))),
        'Highper\DeadlineException: the time for this is over');
    $task = async(function () { usleep(50_000); return 'went on'; });
    check('await() out of time', said(fn () => await($task, 0.01)), 'Highper\DeadlineException: the time for this is over');
    check('the task goes on', await($task), 'went on');
    $task = async(function () { sleep(30); });
    check('cancel', [$task->cancel(), said(fn () => $task->await())], [true, 'Highper\CancelledException: the task was cancelled']);
});

// Outside of a scope a task runs on its own.
Co\run(function () {
    $task = async(function () { usleep(1000); throw new DomainException('for whom?'); });
    check('a task without a scope is awaited too', said(fn () => $task->await()), 'DomainException: for whom?');
    set_exception_handler(fn ($e) => print("reported: {$e->getMessage()}\n"));
    async(function () { throw new DomainException('nobody holds it'); });
    $task = async(function () { throw new DomainException('nobody asked'); });
    unset($task);
    check('not itself', said(function () use (&$self) {
        $self = async(function () use (&$self) { usleep(1000); return $self->await(); });
        return $self->await();
    }), "Error: a task can't await itself: it would wait for ever");
});
check('where no loop runs', said(fn () => async(fn () => 1)),
    'Error: Highper\async() starts a coroutine, and no loop runs here: call it inside Highper\scope()');
check('a time-out of nothing', said(fn () => scope(fn () => 1, 0)),
    'ValueError: Highper\scope(): Argument #2 ($timeout) must be greater than 0 seconds, or null for no limit');
scope(function () {
    $task = async(function () { exit(3); });
    check('exit() in a task ends the task', said(fn () => $task->await()), 'Highper\CancelledException: the task ended without a result');
});
--EXPECTREGEX--
\A(?:(?:ok: [^\n]+|cleaned up|reported: nobody holds it|reported: nobody asked)\n?){35}\Z
