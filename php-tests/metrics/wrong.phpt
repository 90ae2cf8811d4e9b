--TEST--
Metrics: without a server, and what is wrong
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\{Application, Metrics};
use function HighperTest\check;

$try = function (callable $wrong): void {
    try {
        $wrong();
        echo "nothing was wrong\n";
    } catch (Error $e) {
        echo get_class($e), ': ', $e->getMessage(), "\n";
    }
};
$try(fn () => Metrics::counter('a_total'));
$app = Application::create(__DIR__);
$counter = Metrics::counter('a_total', 'Some.');
$counter->add();
$counter->add(0.5);
Metrics::counter('a_total')->add(1, ['b' => 'c']);
check('without a server', str_contains(Metrics::text(), "# HELP a_total Some.\n# TYPE a_total counter\na_total 1.5\na_total{b=\"c\"} 1\n"));
$try(fn () => Metrics::gauge('a_total'));
$try(fn () => Metrics::gauge('a-b'));
$try(fn () => Metrics::gauge('highper_x'));
$try(fn () => $counter->add(-1));
$try(fn () => $counter->add(1, ['__x' => 1]));
$try(fn () => $counter->add(1, [5]));
$try(fn () => Metrics::histogram('h')->observe(NAN));
$try(fn () => $counter->add(1, ['long' => str_repeat('x', 400)]));
$try(function () use ($counter) {
    for ($i = 0; $i < 2000; $i++) {
        $counter->add(1, ['user' => $i]);
    }
});
$counter->add();
check('the others go on', str_contains(Metrics::text(), "\na_total 2.5\n"));
?>
--EXPECTF--
Error: metrics belong to an application: create it first
ok: without a server
ValueError: Highper\Metrics::gauge(): Argument #1 ($name) is a counter already
ValueError: Highper\Metrics::gauge(): Argument #1 ($name) must be a name of letters, digits, '_' and ':' that does not begin with highper_, 'a-b' given
ValueError: Highper\Metrics::gauge(): Argument #1 ($name) must be a name of letters, digits, '_' and ':' that does not begin with highper_, 'highper_x' given
ValueError: Highper\Metrics\Counter::add(): Argument #1 ($by) must be 0 or more: a counter only grows
ValueError: Highper\Metrics\Counter::add(): Argument #2 ($labels) must have names of labels as keys, '__x' given
ValueError: Highper\Metrics\Counter::add(): Argument #2 ($labels) must have names of labels as keys, '0' given
ValueError: Highper\Metrics\Histogram::observe(): Argument #1 ($value) must be a number
Error: there is no room for the series a_total{long="%s"}: a worker has 1024, with 320 bytes for the name and its labels; use labels with few values
Error: there is no room for the series a_total{user="%d"}: a worker has 1024, with 320 bytes for the name and its labels; use labels with few values
ok: the others go on
