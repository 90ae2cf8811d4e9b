--TEST--
Lazy properties are made at the first touch, whatever touches them
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
use Highper\Test\Lazy;
use function Highper\Test\slots;
class Child extends Lazy {
    public $own = 1;
    public function __get($name) { echo "__get $name\n"; return null; }
    public function __set($name, $value) { echo "__set $name\n"; }
    public function __isset($name) { echo "__isset $name\n"; return false; }
    public function __unset($name) { echo "__unset $name\n"; }
}
foreach ([Lazy::class, Child::class] as $class) {
    echo "== $class\n";
    $o = new $class;
    echo implode(',', array_slice(slots($o), 0, 3)), "\n";
    echo $o->header['host'], ' ', $o->filled(), "\n";
    echo $o->header['x'], ' ', $o->filled(), "\n";
    $o = new $class; var_dump(isset($o->header), isset($o->header['nope']), $o->filled());
    $o = new $class; var_dump(empty($o->body), $o->body ?? 'none', $o->filled());
    $o = new $class; $o->header['more'] = 1; echo json_encode($o->header), "\n";
    $o = new $class; $o->header = null; var_dump($o->header, $o->filled());
    $o = new $class; unset($o->header); echo implode(',', array_slice(slots($o), 0, 3)), "\n";
    $o = new $class; $r = &$o->body; $r .= '!'; echo $o->body, "\n";
    $o = new $class; $n = 'body'; echo $o->$n, $o->{'bo' . 'dy'}, $o->filled(), "\n";
    $o = new $class; $c = clone $o; echo $c->filled(), $c->body, $o->filled(), "\n";
    $o = new $class; foreach ($o as $k => $v) { echo $k, '=', json_encode($v), ' '; } echo "\n";
    $o = new $class; echo json_encode($o), "\n";
    $o = new $class; echo json_encode((array) $o), "\n";
    $o = new $class; echo json_encode(get_object_vars($o)), "\n";
    $o = new $class; $p = new $class; $p->header; var_dump($o == $p, $o->filled());
    $o = new $class; echo (new ReflectionProperty($class, 'body'))->getValue($o), "\n";
    $o = new $class; $a = [$o]; echo array_column($a, 'body')[0], "\n";
    $o = new $class; try { $o->header = 'text'; } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
    $o = new $class; for ($i = 0; $i < 100; $i++) { $h = $o->header; } echo $o->filled(), "\n";
    $o = new $class; $o->fd = 8; echo $o->fd, $o->filled(), "\n";
}
var_dump(new Lazy);
var_export(new Lazy);

--EXPECT--
== Highper\Test\Lazy
Long,Undef,Undef
localhost 1
y 1
bool(true)
bool(false)
int(1)
bool(false)
string(4) "body"
int(1)
{"host":"localhost","x":"y","more":1}
NULL
int(0)
Long,Undef,Undef
body!
bodybody1
2body2
fd=3 header={"host":"localhost","x":"y"} body="body" 
{"fd":3,"header":{"host":"localhost","x":"y"},"body":"body"}
{"fd":3,"header":{"host":"localhost","x":"y"},"body":"body"}
{"fd":3,"header":{"host":"localhost","x":"y"},"body":"body"}
bool(true)
int(2)
body
body
Cannot assign string to property Highper\Test\Lazy::$header of type ?array
1
80
== Child
Long,Undef,Undef
localhost 1
y 1
bool(true)
bool(false)
int(1)
bool(false)
string(4) "body"
int(1)
{"host":"localhost","x":"y","more":1}
NULL
int(0)
Long,Undef,Undef
body!
bodybody1
2body2
fd=3 header={"host":"localhost","x":"y"} body="body" own=1 
{"fd":3,"header":{"host":"localhost","x":"y"},"body":"body","own":1}
{"fd":3,"header":{"host":"localhost","x":"y"},"body":"body","own":1}
{"fd":3,"header":{"host":"localhost","x":"y"},"body":"body","own":1}
bool(true)
int(2)
body
body
Cannot assign string to property Highper\Test\Lazy::$header of type ?array
1
80
object(Highper\Test\Lazy)#5 (3) {
  ["fd"]=>
  int(3)
  ["header"]=>
  array(2) {
    ["host"]=>
    string(9) "localhost"
    ["x"]=>
    string(1) "y"
  }
  ["body"]=>
  string(4) "body"
}
\Highper\Test\Lazy::__set_state(array(
   'fd' => 3,
   'header' => 
  array (
    'host' => 'localhost',
    'x' => 'y',
  ),
   'body' => 'body',
))
