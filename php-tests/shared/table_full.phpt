--TEST--
Swoole\Table: filled to the brim it refuses new keys with a warning, keeps the others, and has room again
--FILE--
<?php
use Swoole\Table;

$table = new Table(64);
$table->column('n', Table::TYPE_INT);
$table->create();
$refused = [];
set_error_handler(function (int $level, string $message) use (&$refused) { $refused[] = $message; return true; });
$kept = [];
for ($i = 0; $i < 300; $i++) {
    if ($table->set("key-$i", ['n' => $i])) $kept["key-$i"] = $i;
}
restore_error_handler();
var_dump(count($kept) === count($table), count($kept) + count($refused), count($refused) > 0);
echo $refused[0], "\n";
foreach ($kept as $key => $n) {
    if ($table->get($key, 'n') !== $n || !$table->set($key, ['n' => $n + 1])) echo "lost $key\n";
}
var_dump($table->stats()['available_slice_num'], $table->stats()['total_slice_num']);
for ($i = 0; $table->exists("key-$i"); $i++);
var_dump(@$table->incr("key-$i", 'n'));
$iterated = 0;
foreach ($table as $key => $row) $iterated += $row['n'] === $kept[$key] + 1;
var_dump($iterated === count($kept));
foreach ($kept as $key => $n) $table->del($key);
var_dump(count($table), $table->stats()['available_slice_num'], $table->set('again', ['n' => 1]), $table->get('again'));
?>
--EXPECTF--
bool(true)
int(300)
bool(true)
%Sfailed to set('key-%d'), unable to allocate memory
int(0)
int(12)
bool(false)
bool(true)
int(0)
int(12)
bool(true)
array(1) {
  ["n"]=>
  int(1)
}
