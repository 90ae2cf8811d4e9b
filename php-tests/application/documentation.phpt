--TEST--
Highper\documentation(): every class and function of the framework says what it does
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;

$said = Highper\documentation();
$silent = [];
foreach ((new ReflectionExtension('highper'))->getClasses() as $class) {
    if (str_starts_with($class->name, 'Highper\\Test\\')) {
        continue;
    }
    // What a constructor takes stands at the class: attributes, exceptions.
    $methods = array_filter($class->getMethods(ReflectionMethod::IS_PUBLIC), fn ($m) => $m->class === $class->name && !str_starts_with($m->name, '__'));
    foreach ([$class->name, ...array_map(fn ($m) => "{$class->name}::{$m->name}()", $methods)] as $name) {
        isset($said[$name]) || $silent[] = $name;
    }
}
foreach ((new ReflectionExtension('highper'))->getFunctions() as $function) {
    // What the compiler and exit() call by themselves is nobody's to call.
    preg_match('~^Highper\\\\(Test\\\\|Weaver\\\\|exit_script$)~i', $function->name) || isset($said["{$function->name}()"]) || $silent[] = "{$function->name}()";
}
check('all say it', $silent, []);
check('texts', [str_starts_with($said['Highper\\Cache::get()'], 'The value of a key'), isset($said['Swoole\\Coroutine::sleep()'])], [true, true]);
?>
--EXPECT--
ok: all say it
ok: texts
