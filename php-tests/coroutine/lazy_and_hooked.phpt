--TEST--
PHP 8.4: property hooks and initializers of lazy objects that wait; objects of the extension stay what they are
--EXTENSIONS--
highper
--SKIPIF--
<?php if (PHP_VERSION_ID < 80400) die('skip property hooks and lazy objects came with PHP 8.4'); ?>
--FILE--
<?php
class Person
{
    public private(set) int $reads = 0;
    public string $name { get { Co::sleep(0.002); $this->reads++; return strtoupper($this->name); } set { Co::sleep(0.001); $this->name = trim($value); } }
    public string $both { get => "$this->name!"; }
    public function __construct(string $name) { $this->name = $name; }
}
class Wrapped extends Swoole\Coroutine\Channel
{
    public int $size { get => $this->capacity * 10; }
    public string $label = 'none' { set => "<$value>"; }
}
Co\run(function () {
    $order = [];
    foreach (['ada ', ' bob'] as $name) {
        go(function () use ($name, &$order) { $person = new Person($name); $order[] = $person->both; $order[] = $person->reads; });
    }
    Co::sleep(0.02);
    echo json_encode($order), "\n";

    $class = new ReflectionClass(Person::class);
    $ghost = $class->newLazyGhost(function (Person $person) { Co::sleep(0.003); $person->__construct('ghost'); });
    $proxy = $class->newLazyProxy(function () { Co::sleep(0.003); return new Person('proxy'); });
    go(function () use ($ghost) { echo "first $ghost->both\n"; });
    go(function () use ($proxy) { echo 'second ' . json_encode($proxy) . "\n"; });
    Co::sleep(0.03);
    echo get_class($proxy), ' ', $class->isUninitializedLazyObject($proxy) ? 'lazy' : 'there', "\n";
    $never = $class->newLazyGhost(fn () => throw new LogicException('nobody asked'));
    unset($never);
    try { (new ReflectionClass(Wrapped::class))->newLazyGhost(fn () => 1); } catch (Error $e) { echo $e->getMessage(), "\n"; }

    $wrapped = new Wrapped(3);
    $wrapped->label = 'x';
    go(fn () => $wrapped->push(7));
    echo $wrapped->size, ' ', $wrapped->label, ' ', $wrapped->pop(), "\n";
    $copy = array_find([1, 2, 3], function (int $n) { Co::sleep(0.001); return $n > 1; });
    echo $copy, "\n";
    try { die('dies'); } catch (Swoole\ExitException $exit) { echo 'die: ', $exit->getStatus(), "\n"; }
    try { array_map('exit', [4]); } catch (Swoole\ExitException $exit) { echo 'as a callable: ', $exit->getStatus(), "\n"; }
    try { (exit(...))(status: 5); } catch (Swoole\ExitException $exit) { echo 'as a closure: ', $exit->getStatus(), "\n"; }
    try { exit([]); } catch (TypeError $e) { echo $e->getMessage(), "\n"; }
});
exit("end\n");
?>
--EXPECTF--
["ADA!",1,"BOB!",1]
first GHOST!
second {"reads":0,"name":"PROXY","both":"PROXY!"}
Person there
Cannot make instance of internal class lazy: %s
30 <x> 7
2
die: dies
as a callable: 4
as a closure: 5
exit(): Argument #1 ($status) must be of type string|int, array given
end
