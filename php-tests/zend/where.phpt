--TEST--
Where PHP is
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
function outer() { return Highper\Test\where_am_i(); }
echo Highper\Test\where_am_i(), "\n";
echo outer(), "\n";
echo Highper\Test\outcome('outer'), "\n";

--EXPECTF--
where.%Sphp:3 Some("Highper\\Test\\where_am_i") 1
where.%Sphp:2 Some("Highper\\Test\\where_am_i") 2
value "where.%Sphp:2 Some(\"Highper\\\\Test\\\\where_am_i\") 3"
