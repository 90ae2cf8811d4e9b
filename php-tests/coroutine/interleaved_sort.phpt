--TEST--
Callbacks of usort(), array_walk(), preg_replace_callback(), serialize() may wait, in many coroutines at once
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
class Slow {
    public function __construct(public string $name) {}
    public function __serialize(): array { Co::sleep(0.001); return [$this->name]; }
    public function __unserialize(array $data): void { Co::sleep(0.001); $this->name = $data[0]; }
}
$results = [];
Co\run(function () use (&$results) {
    foreach (['up' => 1, 'down' => -1] as $name => $sign) {
        go(function () use ($name, $sign, &$results) {
            $list = range(1, 20); mt_srand(5); shuffle($list);
            usort($list, function ($a, $b) use ($sign) { Co::sleep(0.0011); return ($a <=> $b) * $sign; });
            $results[$name] = $list === ($sign > 0 ? range(1, 20) : range(20, 1));
            $assoc = ['b' => 2, 'a' => 1, 'c' => 3];
            uksort($assoc, function ($a, $b) use ($sign) { Co::sleep(0.0011); return strcmp($a, $b) * $sign; });
            $results["$name keys"] = implode(array_keys($assoc));
            $results["$name text"] = preg_replace_callback('/\d/', function ($m) { Co::sleep(0.001); return $m[0] + 1; }, '1-2-3');
            $two = [new Slow("$name 1"), $same = new Slow("$name 2"), $same];
            $back = unserialize(serialize($two));
            $results["$name serialized"] = $back[0]->name . ', ' . $back[1]->name . ', ' . json_encode($back[1] === $back[2]);
        });
    }
});
ksort($results);
foreach ($results as $name => $value) { echo $name, ': ', json_encode($value), "\n"; }
--EXPECT--
down: true
down keys: "cba"
down serialized: "down 1, down 2, true"
down text: "2-3-4"
up: true
up keys: "abc"
up serialized: "up 1, up 2, true"
up text: "2-3-4"
