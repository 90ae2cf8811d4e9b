--TEST--
Processes share a cache that is too small for all: every value is whole, what is used stays, killed writers cost no truth
--TIMEOUT--
60
--FILE--
<?php
use Highper\Cache;
use Swoole\Process;

$cache = new Cache('256K');
$work = function (int $seed, int $turns) use ($cache): int {
    mt_srand($seed);
    $wrong = 0;
    for ($i = 0; $i < $turns; $i++) {
        $n = mt_rand(0, 400);
        if (mt_rand(0, 2) === 0) {
            $cache->set("key-$n", str_repeat(chr(65 + $n % 26), 13 * $n));
        } else {
            $value = $cache->get("key-$n");
            $wrong += $value !== null && $value !== str_repeat(chr(65 + $n % 26), 13 * $n);
        }
    }
    return $wrong;
};
foreach ([1, 2] as $seed) {
    (new Process(fn () => exit(min(250, $work($seed, 30000))), false, 0))->start();
}
var_dump($work(3, 30000), Process::wait()['code'], Process::wait()['code']);
var_dump($cache->stats()['evicted'] > 0, $cache->stats()['emptied']);
for ($round = 0; $round < 20; $round++) {
    $child = new Process(fn () => $work($round, PHP_INT_MAX), false, 0);
    $child->start();
    usleep(3000 + 71 * $round);
    Process::kill($child->pid, SIGKILL);
    $wrong = $work($round + 100, 500);
    Process::wait();
    if ($wrong) echo "round $round: $wrong\n";
}
$cache->set('used', 'always');
for ($i = 0; $i < 3000; $i++) {
    $cache->set("filler-$i", str_repeat('f', 300));
    if ($i % 50 === 0 && $cache->get('used') !== 'always') exit("gone after $i\n");
}
var_dump($cache->get('used'), $cache->get('filler-0'));
?>
--EXPECT--
int(0)
int(0)
int(0)
bool(true)
int(0)
string(6) "always"
NULL
