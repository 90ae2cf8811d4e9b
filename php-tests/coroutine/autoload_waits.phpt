--TEST--
Who needs a class that another coroutine is loading waits for it
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
$loads = [];
$sources = [
    'Slow' => 'class Slow { const X = 1; }',
    'Child' => 'class Child extends Base implements Face { }',
    'Base' => 'class Base { function __construct(public int $n = 7) {} function self(): static { return $this; } }',
    'Face' => 'interface Face {}',
    'One' => 'class One { } $GLOBALS["seen"][] = class_exists("Two") ? "two" : "no two";',
    'Two' => 'class Two { } $GLOBALS["seen"][] = class_exists("One") ? "one" : "no one";',
    'P' => 'class P { function me(): P { return $this; } }',
    'Q' => 'class Q extends P { function me(): R { return new R; } }',
    'R' => 'class R extends Q { }',
];
spl_autoload_register(function ($class) use (&$loads, $sources) {
    $loads[$class] = ($loads[$class] ?? 0) + 1;
    if ($class === "Never") { return; }
    Co::sleep(0.002);
    if (isset($sources[$class])) {
        eval($sources[$class]);
        Co::sleep(0.002);
    } elseif ($class === 'Throws') {
        throw new Exception('no such class');
    }
});
function all(callable $f, int $n = 5): array {
    $results = [];
    $wg = new Co\WaitGroup;
    for ($i = 0; $i < $n; $i++) {
        $wg->add();
        go(function () use ($f, $i, $wg, &$results) {
            try { $results[$i] = $f($i); } catch (Throwable $e) { $results[$i] = get_class($e) . ': ' . $e->getMessage(); }
            $wg->done();
        });
    }
    $wg->wait();
    ksort($results);
    return array_count_values($results);
}
Co\run(function () use (&$loads) {
    echo json_encode(all(fn () => Slow::X)), $loads['Slow'], "\n";
    // Base is loaded in the middle of Child's declaration; others ask for both.
    echo json_encode(all(fn ($i) => $i % 2 ? (new Child($i))->self()->n : (new Base)->n)), json_encode($loads), "\n";
    echo json_encode(all(fn () => class_exists('Missing') ? 'there' : 'missing')), $loads['Missing'], "\n";
    echo json_encode(all(fn () => class_exists('Throws'))), $loads['Throws'], "\n";
    // Two loaders that need each other's class: no deadlock, each class is loaded once.
    $GLOBALS['seen'] = [];
    echo json_encode(all(fn ($i) => get_class($i % 2 ? new One : new Two), 2)), $loads['One'], $loads['Two'], "\n";
    // A parent that names its grandchild in a return type.
    echo json_encode(all(fn ($i) => get_class((new Q)->me()), 3)), "\n";
});
// Cancelling ends the next wait, not the one for the class.
eval('class Late0 {}');
Co\run(function () {
    spl_autoload_register(function ($class) { if ($class === 'Late') { Co::sleep(0.01); eval('class Late {}'); } }, prepend: true);
    go(fn () => new Late);
    $cid = go(function () {
        echo get_class(new Late), "\n";
        echo Co::sleep(10) ? "slept\n" : "cancelled\n";
    });
    Co::cancel($cid);
});
echo class_exists('Never') ? "there\n" : "outside coroutines as ever\n";
--EXPECT--
{"1":5}1
{"7":3,"1":1,"3":1}{"Slow":1,"Base":1,"Child":1,"Face":1}
{"missing":5}5
{"Exception: no such class":5}5
{"Two":1,"One":1}11
{"R":3}
Late
cancelled
outside coroutines as ever
