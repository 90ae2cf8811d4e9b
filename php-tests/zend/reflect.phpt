--TEST--
Attributes, parameters and defaults are read without Reflection
--EXTENSIONS--
highper
--SKIPIF--
<?php if (!class_exists(Highper\Test\Box::class)) die("skip built without the feature selftest"); ?>
--FILE--
<?php
namespace App;
use Highper\Test\Mark;
use function Highper\Test\{describe, describe_callable};
const PREFIX = '/pre';
enum Level: string { case Low = 'low'; }
abstract class Base { #[Mark('/base')] public function inherited(self $x, iterable|null $y = null) {} }
#[Mark(PREFIX . '/notes'), Mark(path: Note::ROOT)]
final class Note extends \ArrayObject {
    const ROOT = '/root';
    #[Mark] public readonly int $id;
    public static $count = 3;
    protected ?string $title = 'un' . 'titled';
    public function __construct(#[Mark('p')] private Level $level = Level::Low, public array $list = [1, self::ROOT]) {}
    #[Mark('/{id}'), \ReturnTypeWillChange] public function show(int $id, ?self $note, int|string|null $page = PHP_INT_SIZE, bool &...$rest): ?static {}
}
foreach (describe(Note::class) as $line) {
    if (is_object($line)) { var_dump($line); continue; }
    if (preg_match('/class|show|construct|level|list |id|count|title/', $line) && !preg_match('/^(static )?(offset|__[dsu]|get|count\(|exch)/', $line)) { echo $line, "\n"; }
}
echo describe_callable(fn (int $a, Note|Level|null $b = null, $c = PREFIX): int|false => 1), "\n";
echo describe_callable('strlen'), "\n";
echo describe_callable('array_slice'), "\n";
echo describe_callable([new Note, 'show']), "\n";
try { describe('Missing\Class'); } catch (\Error $e) { echo $e->getMessage(), "\n"; }
#[Mark(UNKNOWN_CONSTANT)] class Bad {}
try { describe(Bad::class); } catch (\Error $e) { echo $e->getMessage(), "\n"; }

--EXPECTF--
#[Highper\Test\Mark ["/pre/notes"] {}] #[Highper\Test\Mark [] {Name([112, 97, 116, 104]): "/root"}] class App\Note
#[Highper\Test\Mark [] {}] id Some("int") None
count None None
title Some("?string") Some("untitled")
#[Highper\Test\Mark ["p"] {}] level Some("App\\Level") None
list Some("array") None
__construct(#[Highper\Test\Mark ["p"] {}] App\Level ["App\\Level"] Some("App\\Level") +level = Some(Object), array [] None +list = Some(Array), )
#[Highper\Test\Mark ["/{id}"] {}] #[ReturnTypeWillChange [] {}] show(int [] None id, ?%r(?:self|App\\Note)%r ["App\\Note"] Some("App\\Note") note, string|int|null [] None page = Some(8), bool [] None &...rest = None, ): ?static
append(mixed [] None value, ): void
setFlags(int [] None flags, ): void
unserialize(string [] None data, ): void
setIteratorClass(string [] None iteratorClass, ): void
object(Highper\Test\Mark)#2 (1) {
  ["path"]=>
  string(10) "/pre/notes"
}
object(Highper\Test\Mark)#3 (1) {
  ["path"]=>
  string(5) "/root"
}
%S{closure%S}(int [] None a, App\Note|App\Level|null ["App\\Note", "App\\Level"] None b = Some(Null), c = Some("/pre"), ): int|false
strlen(string [] None string, ): int
array_slice(array [] None array, int [] None offset, ?int [] None length = Some(Null), bool [] None preserve_keys = Some(false), ): array
#[Highper\Test\Mark ["/{id}"] {}] #[ReturnTypeWillChange [] {}] show(int [] None id, ?%r(?:self|App\\Note)%r ["App\\Note"] Some("App\\Note") note, string|int|null [] None page = Some(8), bool [] None &...rest = None, ): ?static
Class "Missing\Class" not found
Undefined constant "App\UNKNOWN_CONSTANT"
