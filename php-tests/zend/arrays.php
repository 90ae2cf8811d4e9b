<?php
var_dump(Highper\Test\nested());
function gen() { yield 'a' => 1; yield 'b' => 2; return 3; }
function failing() { yield 1; throw new Exception('in the middle'); }
echo implode(' ', Highper\Test\iterate(['x' => 1, 5 => 'five'])), "\n";
echo implode(' ', Highper\Test\iterate(gen())), "\n";
echo implode(' ', Highper\Test\iterate(new ArrayIterator(['k' => 'v']))), "\n";
echo implode(' ', Highper\Test\iterate((new Highper\Test\Box)->add('in', 'box'))), "\n";
try { Highper\Test\iterate(failing()); } catch (Exception $e) { echo $e->getMessage(), "\n"; }

