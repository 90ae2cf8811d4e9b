--TEST--
Processes that write, remove and read the same few rows see whole ones only
--TIMEOUT--
60
--FILE--
<?php
use Swoole\{Process, Table};

$table = new Table(64);
$table->column('n', Table::TYPE_INT);
$table->column('s', Table::TYPE_STRING, 200);
$table->create();
$work = function (int $seed) use ($table) {
    mt_srand($seed);
    $wrong = 0;
    for ($i = 0; $i < 30000; $i++) {
        $key = 'key-' . mt_rand(0, 90);
        $n = mt_rand(0, 9);
        switch (mt_rand(0, 5)) {
            case 0: case 1: @$table->set($key, ['n' => $n, 's' => str_repeat((string) $n, 20 * $n)]); break;
            case 2: $table->del($key); break;
            default:
                $row = $table->get($key);
                $wrong += $row !== false && $row['s'] !== str_repeat((string) $row['n'], 20 * $row['n']);
        }
    }
    foreach ($table as $key => $row) $wrong += $row['s'] !== str_repeat((string) $row['n'], 20 * $row['n']);
    return $wrong;
};
foreach ([1, 2] as $seed) {
    (new Process(fn () => exit(min(250, $work($seed))), false, 0))->start();
}
var_dump($work(3), Process::wait()['code'], Process::wait()['code']);
$left = 0;
foreach ($table as $key => $row) $left++;
var_dump($left === count($table));
?>
--EXPECT--
int(0)
int(0)
int(0)
bool(true)
