--TEST--
Swoole\Table: columns of all types, rows, counting, going through them, figures
--FILE--
<?php
use Swoole\Table;

$table = new Table(1000, 0.5);
var_dump($table->getSize(), $table->getMemorySize(), $table->size, count($table));
var_dump($table->column('id', Table::TYPE_INT), $table->column('name', Table::TYPE_STRING, 10),
    $table->column('part', Table::TYPE_FLOAT), $table->column('x', Table::TYPE_STRING), $table->column('y', 9));
var_dump($table->create(), $table->size, $table->memorySize > 1024 * 80, $table->memorySize === $table->getMemorySize());
var_dump($table->column('late', Table::TYPE_INT));

var_dump($table->set('a', ['id' => '7', 'name' => 3.5, 'part' => 2, 'unknown' => 1]), $table->get('a'));
var_dump($table->set('a', ['name' => null]), $table->get('a', 'name'), $table->get('a', 'id'));
var_dump($table->get('b'), $table->get('a', 'nothing'), $table->exists('a'), $table->exist('b'));
var_dump($table->incr('a', 'id'), $table->decr('a', 'part', 0.25), $table->incr('new', 'id', -3), $table->get('new'));
var_dump($table->incr('a', 'name'), $table->decr('a', 'nothing'), $table->get('none'));
var_dump($table->del('a'), $table->delete('a'), count($table), $table->count());

foreach (['one', 'two', 'three'] as $i => $key) {
    $table->set($key, ['id' => $i]);
}
$seen = [];
foreach ($table as $key => $row) {
    $seen[$key] = $row['id'];
    $table->del($key);
}
ksort($seen);
var_dump($seen, count($table), $table->valid(), $table->key(), $table->current());
var_dump($table->stats());
var_dump($table->destroy(), $table->getSize(), $table->count(), $table->stats());
foreach ([fn () => clone $table, fn () => serialize($table), fn () => $table->__construct(1)] as $try) {
    try { $try(); echo "done\n"; } catch (Throwable $e) { echo $e->getMessage(), "\n"; }
}
$table->get('a');
?>
--EXPECTF--
int(1024)
int(0)
NULL
int(0)

Warning: Swoole\Table::column(): the length of string type values has to be more than zero in %s on line %d
[%s]	WARNING	Table::add_column(): unknown column type
bool(true)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
int(1024)
bool(true)
bool(true)

Warning: Swoole\Table::column(): unable to add column after table has been created in %s on line %d
bool(false)
bool(true)
array(3) {
  ["id"]=>
  int(7)
  ["name"]=>
  string(3) "3.5"
  ["part"]=>
  float(2)
}
bool(true)
string(0) ""
int(7)
bool(false)
bool(false)
bool(true)
bool(false)
int(8)
float(1.75)
int(-3)
array(3) {
  ["id"]=>
  int(-3)
  ["name"]=>
  string(0) ""
  ["part"]=>
  float(0)
}

Warning: Swoole\Table::incr(): can't execute 'incr' on a string type column in %s on line %d

Warning: Swoole\Table::decr(): column[nothing] does not exist in %s on line %d
bool(false)
bool(false)
bool(false)
bool(true)
bool(false)
int(1)
int(1)
array(4) {
  ["new"]=>
  int(-3)
  ["one"]=>
  int(0)
  ["three"]=>
  int(2)
  ["two"]=>
  int(1)
}
int(0)
bool(false)
NULL
NULL
array(8) {
  ["num"]=>
  int(0)
  ["conflict_count"]=>
  int(%d)
  ["conflict_max_level"]=>
  int(%d)
  ["insert_count"]=>
  int(5)
  ["update_count"]=>
  int(3)
  ["delete_count"]=>
  int(5)
  ["available_slice_num"]=>
  int(512)
  ["total_slice_num"]=>
  int(512)
}
bool(true)
int(0)
int(0)
bool(false)
Trying to clone an uncloneable object of class Swoole\Table
Serialization of 'Swoole\Table' is not allowed
done

Fatal error: %stable is not created or has been destroyed in %s on line %d
