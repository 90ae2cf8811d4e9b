--TEST--
Thousands of signals while coroutines sleep and work: none of the kinds is lost, and the loop goes on
--TIMEOUT--
60
--FILE--
<?php
use Swoole\{Coroutine as Co, Process, Timer};
use function Swoole\Coroutine\run;

$parent = getmypid();
$ready = new Swoole\Atomic();
$storm = new Process(function () use ($parent, $ready) {
    $ready->wait(10);
    for ($i = 0; $i < 3000; $i++) {
        foreach ([SIGUSR1, SIGUSR2, SIGHUP] as $signal) Process::kill($parent, $signal);
        if ($i % 50 === 0) usleep(200);
    }
    $ready->set(2);
}, false, 0);
$storm->start();
run(function () use ($ready) {
    $counts = [SIGUSR1 => 0, SIGUSR2 => 0, SIGHUP => 0];
    foreach (array_keys($counts) as $signal) {
        Process::signal($signal, function (int $number) use (&$counts) { $counts[$number]++; });
    }
    $ticks = $slept = 0;
    $timer = Timer::tick(1, function () use (&$ticks) { $ticks++; });
    $ready->wakeup();
    while ($ready->get() !== 2) {
        Co::sleep(0.002);
        $slept++;
    }
    Co::sleep(0.02);
    Timer::clear($timer);
    var_dump(min($counts) > 0, $slept > 0, $ticks > 0);
});
var_dump(Process::wait()['code']);
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
int(0)
