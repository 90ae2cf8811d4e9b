--TEST--
A process is killed while it holds a row: the others find it out at once and the table goes on
--TIMEOUT--
60
--FILE--
<?php
use Swoole\{Process, Table};

$size = 1 << 20;
$table = new Table(64);
$table->column('s', Table::TYPE_STRING, $size);
$table->column('n', Table::TYPE_INT);
$table->create();
$longest = 0;
for ($round = 0; $round < 25; $round++) {
    $child = new Process(function () use ($table, $size) {
        $texts = [str_repeat('a', $size), str_repeat('b', $size)];
        for ($i = 0; ; $i++) $table->set('row', ['s' => $texts[$i % 2], 'n' => $i]);
    }, false, 0);
    $child->start();
    usleep(3000 + $round * 61);
    Process::kill($child->pid, SIGKILL);
    $begin = microtime(true);
    ob_start();                                        // the log says so, as often as it happened
    $done = $table->set('row', ['s' => 'whole', 'n' => 1]) && $table->incr('row', 'n') === 2;
    $log = ob_get_clean();
    $longest = max($longest, microtime(true) - $begin);
    if (!$done || $table->get('row') !== ['s' => 'whole', 'n' => 2]) echo "round $round\n";
    Process::wait();
    $table->del('row');
}
var_dump(count($table), $longest < 1.0);
?>
--EXPECTF--
%Aint(0)
bool(true)
