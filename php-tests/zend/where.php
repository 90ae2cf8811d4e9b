<?php
function outer() { return Highper\Test\where_am_i(); }
echo Highper\Test\where_am_i(), "\n";
echo outer(), "\n";
echo Highper\Test\outcome('outer'), "\n";

