--TEST--
Waits in what PHP calls by itself: destructors, the cycle collector, error and exception handlers, output handlers, comparisons, conversions, iterators, streams, shutdown functions
--FILE--
<?php
use Swoole\Coroutine as Co;
use function Swoole\Coroutine\run;

function pause(): void { usleep(random_int(0, 800)); }

final class Cycle { public $self; public static int $gone = 0; public function __construct() { $this->self = $this; } public function __destruct() { pause(); self::$gone++; } }
final class Plain { public function __construct(private array &$log, private string $name) {} public function __destruct() { pause(); $this->log[] = $this->name; } }
final class Text implements JsonSerializable, IteratorAggregate, ArrayAccess, Countable {
    public function __construct(public string $text) {}
    public function __toString(): string { pause(); return $this->text; }
    public function jsonSerialize(): mixed { pause(); return [$this->text]; }
    public function getIterator(): Iterator { pause(); yield from str_split($this->text); pause(); }
    public function offsetExists($k): bool { pause(); return true; }
    public function offsetGet($k): mixed { pause(); return $this->text . $k; }
    public function offsetSet($k, $v): void { pause(); $this->text = $v; }
    public function offsetUnset($k): void { pause(); }
    public function count(): int { pause(); return strlen($this->text); }
    public function __serialize(): array { pause(); return ['t' => $this->text]; }
    public function __unserialize(array $d): void { pause(); $this->text = $d['t']; }
    public function __get($name) { pause(); return $this->text . $name; }
    public function __isset($name) { pause(); return true; }
    public function __call($name, $a) { pause(); return $this->text . $name; }
    public function __clone() { pause(); $this->text .= '+'; }
    public function __debugInfo() { pause(); return [$this->text]; }
}
final class Slow { public $context; private string $data = ''; private int $at = 0;
    public function stream_open($path) { pause(); $this->data = substr($path, 7); return true; }
    public function stream_read($n) { pause(); $part = substr($this->data, $this->at, 3); $this->at += strlen($part); return $part; }
    public function stream_eof() { pause(); return $this->at >= strlen($this->data); }
    public function stream_stat() { pause(); return []; }
    public function stream_close() { pause(); }
}
final class Filter extends php_user_filter { public function filter($in, $out, &$consumed, bool $closing): int {
    while ($bucket = stream_bucket_make_writeable($in)) { pause(); $bucket->data = strtoupper($bucket->data); $consumed += $bucket->datalen; stream_bucket_append($out, $bucket); }
    return PSFS_PASS_ON;
} }
stream_wrapper_register('slow', Slow::class);
stream_filter_register('upper', Filter::class);

$steps = [
    'destructors' => function ($n) { $log = []; $a = new Plain($log, "a{$n}"); unset($a); (function () use (&$log, $n) { $b = new Plain($log, "b{$n}"); })(); return implode($log); },
    'reassigned' => function ($n) { $log = []; $a = new Plain($log, "a{$n}"); $a = new Plain($log, "b{$n}"); $a = null; return implode($log); },
    'sort' => function ($n) { $list = range(1, 6); shuffle($list); usort($list, function ($a, $b) { pause(); return $a <=> $b; }); return implode($list) . $n; },
    'sort of objects' => function ($n) { $list = [new Text('c'), new Text('a'), new Text('b')]; sort($list, SORT_STRING); return implode($list) . $n; },
    'maps' => function ($n) { return implode(array_map(function ($x) use ($n) { pause(); return $x . $n; }, array_filter([1, 2, 3], function ($x) { pause(); return $x > 1; }))); },
    'walk' => function ($n) { $a = [1, 2]; array_walk($a, function (&$x, $k) use ($n) { pause(); $x .= $n; }); return implode($a); },
    'regular expressions' => fn ($n) => preg_replace_callback('/./', function ($m) { pause(); return preg_replace_callback('/[a-z]/', function ($m) { pause(); return strtoupper($m[0]); }, $m[0]); }, "x{$n}"),
    'json' => fn ($n) => json_encode([new Text("j{$n}"), ['k' => new Text('z')]]),
    'serialize' => fn ($n) => unserialize(serialize([new Text("s{$n}"), new Text('t')]))[0]->text,
    'iterators' => fn ($n) => implode(iterator_to_array(new IteratorIterator(new Text("it{$n}")), false)),
    'access' => fn ($n) => (new Text('o'))["k{$n}"] . count(new Text('12')) . isset((new Text('p'))['x']) . (new Text('q'))->magic . (new Text('r'))->call(),
    'clone' => fn ($n) => (clone new Text("c{$n}"))->text,
    'conversion' => fn ($n) => 'x' . new Text("v{$n}") . str_replace('a', 'b', new Text('a')) . in_array('y', [new Text('y')]),
    'debug' => function ($n) { ob_start(); var_dump(new Text("d{$n}")); return substr_count(ob_get_clean(), "d{$n}"); },
    'output handlers' => function ($n) { ob_start(); ob_start(function ($s) { usleep(100); return strrev($s); }); echo "ab{$n}"; pause(); echo 'c'; ob_end_flush(); return ob_get_clean(); },
    'error handlers' => function ($n) { $seen = []; set_error_handler(function ($l, $m) use (&$seen) { pause(); $seen[] = $m; return true; }); $x = $undefined . trigger_error("t{$n}", E_USER_NOTICE); restore_error_handler(); return implode('|', $seen); },
    'silence' => function ($n) { $x = @file_get_contents(new Text("/none{$n}")); return error_get_last() !== null && error_reporting() === E_ALL ? "f{$n}" : 'bad'; },
    'streams' => fn ($n) => file_get_contents("slow://stream{$n}"),
    'filters' => function ($n) { $f = fopen('php://memory', 'w+'); stream_filter_append($f, 'upper', STREAM_FILTER_WRITE); fwrite($f, "up{$n}"); rewind($f); return stream_get_contents($f); },
    'generators' => function ($n) { $g = (function () use ($n) { try { while (true) { pause(); yield $n; } } finally { pause(); } })(); $s = ''; foreach ($g as $i => $x) { $s .= $x; if ($i > 1) break; } unset($g); return $s; },
    'finally' => function ($n) { try { try { pause(); throw new Exception("e{$n}"); } finally { pause(); } } catch (Exception $e) { pause(); return $e->getMessage(); } },
    'static' => function ($n) { static $calls = 0; $mine = ++$calls; pause(); return $mine > 0 ? "st{$n}" : ''; },
    'spl' => function ($n) { $heap = new class extends SplMinHeap { protected function compare($a, $b): int { usleep(50); return parent::compare($a, $b); } }; foreach ([3, 1, 2] as $x) $heap->insert($x); return $heap->extract() . $heap->extract() . $n; },
    'weak' => function ($n) { $map = new WeakMap; $log = []; $o = new Plain($log, "w{$n}"); $map[$o] = new Plain($log, "v{$n}"); unset($o); return count($map) . implode($log); },
];
$wanted = [
    'destructors' => 'aNbN', 'reassigned' => 'aNbN', 'sort' => '123456N', 'sort of objects' => 'abcN', 'maps' => '2N3N', 'walk' => '1N2N', 'regular expressions' => 'XN', 'json' => '[["jN"],{"k":["z"]}]',
    'serialize' => 'sN', 'iterators' => 'itN', 'access' => 'okN21qmagicrcall', 'clone' => 'cN+', 'conversion' => 'xvNb1', 'debug' => '1', 'output handlers' => 'cNba', 'error handlers' => 'tN|Undefined variable $undefined',
    'silence' => 'fN', 'streams' => 'streamN', 'filters' => 'UPN', 'generators' => 'NNN', 'finally' => 'eN', 'static' => 'stN', 'spl' => '12N', 'weak' => '0wNvN',
];
error_reporting(E_ALL);
$bad = [];
run(function () use ($steps, $wanted, &$bad) {
    $ids = [];
    for ($i = 0; $i < 6; $i++) {
        foreach ($steps as $name => $step) {
            $ids[] = go(function () use ($i, $name, $step, $wanted, &$bad) {
                for ($k = 0; $k < 2; $k++) {
                    $cycle = new Cycle; unset($cycle);
                    $got = (string) $step($i);
                    if ($got !== str_replace('N', (string) $i, $wanted[$name])) { $bad[$name] = $got; }
                    if ($k === 1 && $name === 'json') { gc_collect_cycles(); }
                }
            });
        }
    }
    Co::join($ids);
    gc_collect_cycles();
    while (Co::stats()['coroutine_num'] > 1) { Co::sleep(0.001); }
    echo Cycle::$gone === 2 * 6 * count($steps) ? 'all collected' : 'collected: ' . Cycle::$gone, "\n";
    go(function () { set_exception_handler(function ($e) { usleep(100); echo 'handled: ', $e->getMessage(), "\n"; }); });
    register_shutdown_function(function () {
        usleep(1000);
        echo "shutdown waits\n";
        run(function () { Co::sleep(0.001); echo "and runs coroutines\n"; });
        register_shutdown_function(function () { usleep(100); echo "and another\n"; });
    });
    $GLOBALS['last'] = new class { public function __destruct() { usleep(1000); echo "the last destructor waits\n"; } };
});
var_dump($bad);
?>
--EXPECT--
all collected
array(0) {
}
shutdown waits
and runs coroutines
and another
the last destructor waits
