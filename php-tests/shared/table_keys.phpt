--TEST--
Swoole\Table: long keys and long strings are cut with a warning; any bytes are a key
--FILE--
<?php
use Swoole\Table;

$table = new Table(64);
$table->column('s', Table::TYPE_STRING, 4);
$table->create();
$long = str_repeat('k', 70);
var_dump($table->set($long, ['s' => 'abcdefgh']), $table->get($long), $table->exists($long));
var_dump($table->set('cut', ['s' => 'abcdefghij']), $table->get('cut', 's'));
$keys = [];
foreach ($table as $key => $row) $keys[strlen($key)] = 1;
ksort($keys);
var_dump(array_keys($keys), $table->del($long), count($table));
foreach (['', "\0", "\0\0", "\xff\xfe", '12', 12, 1.5] as $key) {
    $table->set($key, ['s' => 'x']);
}
$found = [];
foreach ($table as $key => $row) $found[] = bin2hex($key);
sort($found, SORT_STRING);
echo implode(' ', $found), "\n";
?>
--EXPECTF--
Warning: Swoole\Table::set(): key[kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk] is too long in %s on line %d
bool(true)
array(1) {
  ["s"]=>
  string(8) "abcdefgh"
}
bool(true)
[%s]	WARNING	TableRow::set_value(): [key=cut,field=s]string value is too long
bool(true)
string(8) "abcdefgh"
array(2) {
  [0]=>
  int(3)
  [1]=>
  int(63)
}
bool(true)
int(1)
 00 0000 312e35 3132 637574 fffe
