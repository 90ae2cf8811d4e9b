<?php
use function Highper\Test\by_ref;
by_ref($new);
var_dump($new);
$a = ['x' => ['y' => 'old']];
$copy = $a;
by_ref($a['x']['y'], 5);
var_dump($a['x']['y'], $copy['x']['y']);
class T { public int $i = 1; public array $l = []; }
$t = new T;
by_ref($t->i, 9);
var_dump($t->i);
try { by_ref($t->l); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
var_dump($t->l);

