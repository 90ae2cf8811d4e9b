--TEST--
What a call into PHP ends with
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
use function Highper\Test\{outcome, pass, fail};
class Magic {
    function __call($n, $a) { return "$n(" . implode(',', $a) . ')'; }
    static function __callStatic($n, $a) { return "static $n"; }
    function __invoke($x) { return "invoked $x"; }
    private function hidden() {}
}
echo outcome(fn (...$a) => array_sum($a), 1, 2, 3), "\n";
echo outcome('strtoupper', 'abc'), "\n";
echo outcome([new Magic, 'anything'], 1, 2), "\n";
echo outcome([new Magic, 'anything'], 3), "\n";
echo outcome('Magic::some'), "\n";
echo outcome(new Magic, 5), "\n";
echo outcome(strlen(...), 'four'), "\n";
echo outcome(function () { throw new LogicException('thrown', 0, new Exception('before')); }), "\n";
echo outcome(function () { try { exit(7); } finally { echo "finally\n"; } }), "\n";
echo outcome(fn () => outcome(fn () => exit('said')), "x"), "\n";
echo outcome(function &() { static $s = 'by reference'; return $s; }), "\n";
echo outcome(function () { return strlen(); }), "\n";
echo outcome(function ($needed) {}), "\n";
foreach (['error', 'type', 'value', 'argument', 'own', 'unknown', "\xff"] as $how) {
    try { fail($how); } catch (Throwable $e) { echo get_class($e), ' ', $e->getCode(), ': ', $e->getMessage(), ' at ', $e->getLine(), "\n"; }
}
try { pass(function () { throw new DomainException('through'); }); } catch (DomainException $e) { echo $e->getMessage(), ' ', $e->getLine(), "\n"; }
set_error_handler(function ($no, $text) { throw new ErrorException($text); });
try { fail('warning'); } catch (ErrorException $e) { echo $e->getMessage(), "\n"; }
restore_error_handler();
echo outcome(fn () => fail('exit')), "\n";
pass(function () { echo "before exit\n"; exit(3); });
echo "not reached\n";

--EXPECTF--
value 6
value "ABC"
value "anything(1,2)"
value "anything(3)"
value "static some"
value "invoked 5"
value 4
exception LogicException "thrown" line 16 previous Some(Exception#%d)
exit 7
saidvalue "exit 7"
value "by reference"
exception ArgumentCountError "strlen() expects exactly 1 argument, 0 given" line 20 previous None
exception ArgumentCountError "Too few arguments to function {closure%S}(), 0 passed and exactly 1 expected" line 21 previous None
Error 0: an error at 23
TypeError 0: a type error at 23
ValueError 0: a value error at 23
ValueError 0: Highper\Test\fail(): Argument #1 ($how) must be kind at 23
Highper\Test\Failure 7: of our own at 23
ValueError 0: Highper\Test\fail(): Argument #1 ($how) must be known, "unknown" given at 23
ValueError 0: Highper\Test\fail(): Argument #1 ($how) must be valid UTF-8 at 23
through 25
Highper\Test\fail(): a warning
exit 7
before exit
